"""All errors this project raises on purpose, sorted by who must act.

    BotError
    ├── UserInputError        the sender of a message or request: change the input
    │   ├── TooManyRequests   the sender: wait
    │   ├── PreconditionMissing the sender: read the resource first, and send its ETag
    │   ├── NotFound          the sender named a bot, intent or thread that does not exist
    │   └── NotAuthentic      the sender could not be authenticated
    │       ├── TokenRefused  the key is missing or wrong
    │       └── AccessDenied  the key's role does not allow it
    ├── DataRejected          the author of the training data or bot file: repair the named rows
    │   └── StoreNotEmpty     the operator: a backup goes into an empty database, or replaces what is there
    ├── SetupProblem          the person who starts the platform: a port, a folder, a missing program
    ├── ModelNotLoaded        the operator: no release can answer
    │   ├── NeverTrained      the author: the bot has no version at all, train it
    │   ├── ReleaseRefused    a release exists but must not answer (hash, golden file, gate)
    │   │   └── ForeignRelease it is another bot's: it was copied to this one
    │   └── ReleasePending    not known yet: it is being loaded, or the registry does not answer
    ├── PromotionRefused      the operator: the version must not answer; promote another one, or train
    ├── StoreUnavailable      the operator: the database does not answer
    │   ├── StoreRefused      it answers, and refuses: its disk is full, it is read-only, a permission is missing
    │   ├── StoreTooNew       a newer version has migrated it: start that one
    │   ├── StoreBeingRestored a backup is being written into it: wait, or repeat the restore
    │   └── DocumentUnreadable  it holds something that this program cannot read: set it again
    ├── RegistryUnavailable   the operator: the MLflow server does not answer
    ├── IssuerUnavailable     the operator: the OIDC issuer does not answer, so its tokens cannot be checked
    ├── StateConflict         nobody: retry, another worker has advanced the thread
    │   ├── BackupDisturbed   the operator: somebody was being forgotten, repeat the backup
    │   ├── EditConflict      the editor: it has changed since they read it, merge both versions
    │   ├── MemberExists      the owner: they are a member already, change their roles
    │   ├── LastOwner         the owner: nobody would own the platform, name another owner first
    │   ├── DraftChanged      the author: validate again, somebody has edited the bot meanwhile
    │   ├── AlreadyThere      the author: choose another name, or change what is there
    │   ├── DraftNeeded       the author: something depends on it, so it is not deleted without being told so
    │   ├── ImportUnderWay    the author: somebody else imports the same bot, repeat it when they are done
    │   ├── NothingToLearn    the author: write examples for an intent of your own, then train
    │   ├── LiveReleaseChanged the operator: somebody else has promoted meanwhile, look again
    │   ├── TaskOver          the person who cancels a task: it has ended before
    │   ├── LabelDecided      the labeller: somebody else was faster, take the next text
    │   └── ThreadForgotten   the sender: the conversation was deleted, a new one may begin
    ├── TrainingFailed        the data scientist: a cell of the training notebook raised, read its message
    ├── TrainingInterrupted   nobody: a training was killed, train again
    ├── TrainingCancelled     nobody: somebody wanted a training to end
    ├── TrainingOverdue       the operator: a training hung, find out where, or allow more hours
    ├── TrainingBusy          nobody: the bot is already being trained or cleaned
    ├── JobOver               nobody: the requested training has already finished
    ├── MiningBusy            nobody: the bot's labelling queue is already being filled
    ├── LeaseLost             the person who ran the command: repeat it
    ├── RunGivenUp            nobody: another training took this one for dead and replaces it
    ├── QueueUnavailable      nobody: background work cannot be accepted now, retry
    ├── DeliveryFailed        a platform did not accept a reply; it is sent again later
    │   └── DeliveryRefused   the operator: the platform never will, something must be fixed first
    ├── ApiError              the caller of a server's admin API: do what its sentence says
    │   ├── EditedMeanwhile   the editor: somebody else has changed it, merge both versions
    │   └── ApiUnavailable    the operator of that server: it cannot be reached, or lacks something
    ├── ToolFailed            the owner of the tool
    ├── SecretUnavailable     the operator: a secret that is referred to has no value
    └── LlmUnavailable        the operator of the LLM endpoint; the turn continues without it

An error takes facts and writes its own sentence, which ends in what to do next.
"""

from pipelines.errors.base import (
    BotError,
    DataRejected,
    SetupProblem,
    StoreNotEmpty,
    without_password,
)
from pipelines.errors.client import (
    ApiError,
    ApiUnavailable,
    EditedMeanwhile,
)
from pipelines.errors.conflicts import (
    AlreadyThere,
    BackupDisturbed,
    DraftChanged,
    DraftNeeded,
    EditConflict,
    ImportUnderWay,
    LabelDecided,
    LastOwner,
    LiveReleaseChanged,
    MemberExists,
    NothingToLearn,
    StateConflict,
    TaskOver,
    ThreadForgotten,
)
from pipelines.errors.releases import (
    ForeignRelease,
    ModelNotLoaded,
    NeverTrained,
    PromotionRefused,
    ReleasePending,
    ReleaseRefused,
)
from pipelines.errors.requests import (
    AccessDenied,
    NotAuthentic,
    NotFound,
    PreconditionMissing,
    TokenRefused,
    TooManyRequests,
    UserInputError,
    no_such_bot,
)
from pipelines.errors.services import (
    DeliveryFailed,
    DeliveryRefused,
    DocumentUnreadable,
    IssuerUnavailable,
    LlmUnavailable,
    QueueUnavailable,
    RegistryUnavailable,
    SecretUnavailable,
    StoreBeingRestored,
    StoreRefused,
    StoreTooNew,
    StoreUnavailable,
    ToolFailed,
)
from pipelines.errors.work import (
    JobOver,
    LeaseLost,
    MiningBusy,
    RunGivenUp,
    TrainingBusy,
    TrainingCancelled,
    TrainingFailed,
    TrainingInterrupted,
    TrainingOverdue,
)

__all__ = [
    "AccessDenied",
    "AlreadyThere",
    "ApiError",
    "ApiUnavailable",
    "BackupDisturbed",
    "BotError",
    "DataRejected",
    "DeliveryFailed",
    "DeliveryRefused",
    "DocumentUnreadable",
    "DraftChanged",
    "DraftNeeded",
    "EditConflict",
    "EditedMeanwhile",
    "ForeignRelease",
    "ImportUnderWay",
    "IssuerUnavailable",
    "JobOver",
    "LabelDecided",
    "LastOwner",
    "LeaseLost",
    "LiveReleaseChanged",
    "LlmUnavailable",
    "MemberExists",
    "MiningBusy",
    "ModelNotLoaded",
    "NeverTrained",
    "NotAuthentic",
    "NotFound",
    "NothingToLearn",
    "PreconditionMissing",
    "PromotionRefused",
    "QueueUnavailable",
    "RegistryUnavailable",
    "ReleasePending",
    "ReleaseRefused",
    "RunGivenUp",
    "SecretUnavailable",
    "SetupProblem",
    "StateConflict",
    "StoreBeingRestored",
    "StoreNotEmpty",
    "StoreRefused",
    "StoreTooNew",
    "StoreUnavailable",
    "TaskOver",
    "ThreadForgotten",
    "TokenRefused",
    "TooManyRequests",
    "ToolFailed",
    "TrainingBusy",
    "TrainingCancelled",
    "TrainingFailed",
    "TrainingInterrupted",
    "TrainingOverdue",
    "UserInputError",
    "no_such_bot",
    "without_password",
]
