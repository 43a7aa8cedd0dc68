"""Server-rendered pages (`ui=ssr`): a service of its own behind the public load balancer, at `/admin`."""

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from serving.infra.balancer import Balancer
from serving.infra.common.fargate import Program, Room, Task
from serving.infra.common.services import make_service, target_group
from serving.infra.network import Network, connect
from serving.infra.parameters import Parameters
from serving.infra.sizes import Fleet
from serving.infra.telemetry import Telemetry

PORT = 3000


class RenderedPages(Construct):
    """The service. It holds no secret: it calls the admin API with the session of whoever opens a page."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        cluster: ecs.ICluster,
        network: Network,
        balancer: Balancer,
        parameters: Parameters,
        fleet: Fleet,
        telemetry: Telemetry,
    ) -> None:
        super().__init__(scope, name)
        program = Program(
            name="pages",
            repository="pages",
            digest=parameters.pages_image or "",
            command=[],
            stop_seconds=30,
            port=PORT,
            variables={"PORT": str(PORT), "API_URL": f"https://{parameters.chat_domain}"},
        )
        self.task = Task(self, "Task", program, Room(fleet.cpu, fleet.memory), telemetry=telemetry)
        self.group = network.task_group("PagesGroup", "server-rendered pages")
        connect(balancer.group, self.group, PORT, "public load balancer to pages")
        service = make_service(self, cluster, self.task, self.group, grace_seconds=60)
        found = target_group(self, network.vpc, service, self.task, path="/admin/")
        balancer.listener.add_action(
            "Pages",
            priority=50,
            conditions=[
                elb.ListenerCondition.host_headers([parameters.chat_domain]),
                elb.ListenerCondition.path_patterns(["/admin", "/admin/*"]),
            ],
            action=elb.ListenerAction.forward([found]),
        )
        service.auto_scale_task_count(min_capacity=fleet.least, max_capacity=fleet.most).scale_on_cpu_utilization(
            "Cpu", target_utilization_percent=60
        )
