"""The admin pages and the chat window for websites: files in S3, served by CloudFront, with the API behind them."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from serving.infra.common.exceptions import accept
from serving.infra.parameters import Parameters

LOADER_SECONDS = 60
"""How long browsers and CloudFront keep the index and the loader, which name the assets of a version."""
ASSET_SECONDS = 31_536_000
"""How long they keep assets: their paths hold the hash of what they contain."""
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; script-src 'self'; "
    "style-src 'self'; img-src 'self' data:; connect-src 'self'"
)
"""The content security policy that the chat API sends with its own copy of the pages."""
_TO_INDEX = """function handler(event) {
  var request = event.request;
  if (request.uri.endsWith('/')) { request.uri += 'index.html'; }
  return request;
}"""


class Pages(Construct):
    """One address for the pages and the API they call, since browsers send a session to its own site alone.

    `are_rendered` is whether a service renders the admin pages: then only the chat window comes from the bucket.
    """

    def __init__(
        self, scope: Construct, name: str, *, parameters: Parameters, log_bucket: s3.IBucket, are_rendered: bool
    ) -> None:
        super().__init__(scope, name)
        # Public files under S3's own keys: a key of ours would have to name the distribution, and that the bucket.
        self.bucket = s3.Bucket(
            self, "Files", encryption=s3.BucketEncryption.S3_MANAGED, enforce_ssl=True, minimum_tls_version=1.2,
            versioned=True, block_public_access=s3.BlockPublicAccess.BLOCK_ALL, removal_policy=RemovalPolicy.RETAIN,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED, server_access_logs_bucket=log_bucket,
            server_access_logs_prefix="pages/",
            lifecycle_rules=[s3.LifecycleRule(noncurrent_version_expiration=Duration.days(90))],
        )  # fmt: skip
        self._files = origins.S3BucketOrigin.with_origin_access_control(self.bucket)
        self._loaders = self._cache("Loaders", LOADER_SECONDS)
        self._assets = self._cache("Assets", ASSET_SECONDS)
        short = self._headers("LoaderHeaders", f"public, max-age={LOADER_SECONDS}")
        ever = self._headers("AssetHeaders", f"public, max-age={ASSET_SECONDS}, immutable")
        index = cloudfront.Function(
            self, "ToIndex", code=cloudfront.FunctionCode.from_inline(_TO_INDEX),
            runtime=cloudfront.FunctionRuntime.JS_2_0, comment="a folder is its index.html",
        )  # fmt: skip
        api = cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin(
                parameters.chat_domain,
                protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
                origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
                read_timeout=Duration.seconds(60),
                keepalive_timeout=Duration.seconds(50),
            ),
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        )
        files = {"/static/widget/*": self._behaviour(self._loaders, short)}
        if not are_rendered:
            files["/admin/assets/*"] = self._behaviour(self._assets, ever)
            files["/admin/"] = self._behaviour(self._loaders, short, index)
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="Intentloop: admin pages and chat window",
            default_behavior=api,
            additional_behaviors=files,
            domain_names=[parameters.pages_domain],
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", parameters.pages_certificate),
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            log_bucket=log_bucket,
            log_file_prefix="cloudfront/",
        )

        accept(self.distribution, "CFR1", reason="Customers and authors may be in any country")
        accept(
            self.distribution, "CFR2",
            reason="The files are public; what changes anything goes on to the load balancer, which has the firewall",
        )  # fmt: skip

    def _behaviour(
        self,
        cache: cloudfront.ICachePolicy,
        headers: cloudfront.IResponseHeadersPolicy,
        function: cloudfront.Function | None = None,
    ) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=self._files, cache_policy=cache, response_headers_policy=headers, compress=True,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            function_associations=function and [
                cloudfront.FunctionAssociation(
                    function=function, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
                )
            ],
        )  # fmt: skip

    def _cache(self, name: str, seconds: int) -> cloudfront.CachePolicy:
        return cloudfront.CachePolicy(
            self, name, min_ttl=Duration.seconds(0), default_ttl=Duration.seconds(seconds),
            max_ttl=Duration.seconds(seconds), enable_accept_encoding_brotli=True, enable_accept_encoding_gzip=True,
        )  # fmt: skip

    def _headers(self, name: str, cache_control: str) -> cloudfront.ResponseHeadersPolicy:
        return cloudfront.ResponseHeadersPolicy(
            self,
            name,
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header="Cache-Control", value=cache_control, override=True)
                ]
            ),
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=POLICY, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), include_subdomains=False, override=True
                ),
            ),
        )
