"""Client for an OpenAI-compatible endpoint. The only importer of `openai`.

The library sends the request; retries and their time limit, what to leave out for servers that support less of the API,
and the maximum size of an answer are ours. Nothing that a server says reaches a log.
"""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Self

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam
from pydantic import SecretStr

from pipelines.errors import LlmUnavailable, SetupProblem
from serving.llm.brief import Brief
from serving.llm.completion import Completion
from serving.llm.dialect import Dialect
from serving.retry import Retries, is_in_time, retry_after_seconds

MAX_TRIES = 3
RETRY_SECONDS = 0.4
MAX_RESPONSE_BYTES = 4_000_000
"""The longest answer that a bot may request takes about 2 MB with the probability of each token."""
_NO_KEY = "none"
_REASONS = {
    401: "it refused the key (status 401); check OPENAI_API_KEY",
    403: "it refused the key (status 403); check OPENAI_API_KEY",
    404: "it does not know the model or the path (status 404); check INTENTLOOP_LLM_BASE_URL and the bot's `llm.model`",
}


class _AnswerRefused(httpx2.ReadError):
    """An answer that is not read to its end; the text says why."""


class _BoundedStream(httpx2.AsyncByteStream):
    """A response's bytes, up to a limit."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MAX_RESPONSE_BYTES:
                raise _AnswerRefused(f"its answer is larger than {MAX_RESPONSE_BYTES} bytes")
            yield chunk

    async def aclose(self) -> None:
        """Close this side of the connection."""
        await self._stream.aclose()


async def _bound(response: httpx2.Response) -> None:
    """Bound the memory for reading a response of any status."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise _AnswerRefused("its answer is compressed, which was not asked for")
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _BoundedStream(response.stream)


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


class LlmClient:
    """Asks the models of one endpoint.

    Parameters
    ----------
    base_url
        The endpoint, including its `/v1`.
    api_key
        None for local servers that need no key.
    timeout_seconds
        Longest silence on a connection; callers limit the whole question.
    retry_seconds
        Longest wait before the second try; it doubles with each further one.
    transport
        Opens the connections in place of the library's own; no proxy from the environment is used then.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: SecretStr | None,
        timeout_seconds: float,
        retry_seconds: float = RETRY_SECONDS,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        key = api_key.get_secret_value().strip() if api_key else ""
        if not (key.isascii() and (key.isprintable() or not key)):
            raise SetupProblem("OPENAI_API_KEY contains characters that no key has; copy it again")
        self._retry_seconds = retry_seconds
        self._dialect_by_model: dict[str, Dialect] = {}
        http = httpx2.AsyncClient(
            # companies reach providers through a proxy from the environment; a local server is never behind one
            trust_env=transport is None and not _is_loopback(httpx2.URL(base_url).host),
            transport=transport,
            # a redirect would send the key and the message to an address that nobody chose
            follow_redirects=False,
            timeout=timeout_seconds,
            headers={"Accept-Encoding": "identity"},
            event_hooks={"response": [_bound]},
        )
        self._openai = openai.AsyncOpenAI(base_url=base_url, api_key=key or _NO_KEY, max_retries=0, http_client=http)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._openai.close()

    async def complete(self, brief: Brief, text: str, *, give_up_at: float) -> Completion:
        """Ask about a message.

        A parameter that the endpoint rejects is left out from then on; temporary failures are tried up to `MAX_TRIES`
        times.

        Parameters
        ----------
        brief
            What the model is told.
        text
            The message.
        give_up_at
            In the event loop's time; no wait between tries exceeds it. The caller cancels a request that still runs
            then.

        Returns
        -------
        Completion
            The model's output, with any content.

        Raises
        ------
        LlmUnavailable
            The endpoint gave no completion; the reason quotes nothing of its answer.
        """
        model, tries = brief.config.model, 0
        dialect = self._dialect_by_model.get(model, Dialect())
        while True:
            try:
                completion = await self._send(dialect, brief, text)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                simpler = dialect.simpler(error.response.text[:4000])
                if simpler is None:
                    raise LlmUnavailable(f"it refused the question (status {error.status_code})") from error
                dialect = simpler
            except (openai.APIStatusError, openai.APIConnectionError) as error:
                tries += 1
                await self._wait_to_retry(error, tries=tries, give_up_at=give_up_at)
            except openai.OpenAIError as error:
                raise LlmUnavailable(f"the question could not be sent ({type(error).__name__})") from error
            else:
                self._dialect_by_model[model] = dialect
                return completion

    async def probe(self, model: str) -> Completion:
        """Ask for a word, once; raise `LlmUnavailable` with the reason if the endpoint gives no completion."""
        messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Say yes."}]
        try:
            answer = await self._openai.chat.completions.with_raw_response.create(model=model, messages=messages)
            return Completion.from_json(answer.content)
        except openai.APIStatusError as error:
            status = error.status_code
            raise LlmUnavailable(_REASONS.get(status, f"it answered with status {status}")) from error
        except openai.APIConnectionError as error:
            raise LlmUnavailable(_reason(error)[0]) from error
        except openai.OpenAIError as error:
            raise LlmUnavailable(f"the question could not be sent ({type(error).__name__})") from error
        except ValueError as error:
            raise LlmUnavailable("its answer is not a chat completion; check the address") from error

    async def _send(self, dialect: Dialect, brief: Brief, text: str) -> Completion:
        # the raw answer, because the library fills its objects without validation
        answer = await self._openai.chat.completions.with_raw_response.create(**dialect.request(brief, text))
        try:
            return Completion.from_json(answer.content)
        except ValueError as error:
            raise LlmUnavailable("its answer is not a chat completion; check INTENTLOOP_LLM_BASE_URL") from error

    async def _wait_to_retry(
        self, error: openai.APIStatusError | openai.APIConnectionError, *, tries: int, give_up_at: float
    ) -> None:
        """Wait until another try makes sense; raise if none does."""
        is_final, asked = tries >= MAX_TRIES, None
        if isinstance(error, openai.APIStatusError):
            status = error.status_code
            reason = _REASONS.get(status, f"it answered with status {status}")
            is_final = is_final or not (status in (408, 409, 429) or status >= 500)
            asked = retry_after_seconds(error.response.headers.get("retry-after"))
        else:
            reason, is_refused = _reason(error)
            is_final = is_final or is_refused
        if is_final:
            raise LlmUnavailable(reason) from error
        seconds = Retries(MAX_TRIES, self._retry_seconds).seconds_after(tries, asked=asked)
        if not is_in_time(seconds, give_up_at=give_up_at):
            raise LlmUnavailable(f"{reason} and can be asked again in {seconds:.1f} s, which is too late") from error
        await asyncio.sleep(seconds)


def _reason(error: openai.APIConnectionError) -> tuple[str, bool]:
    """Return why no answer came, and whether none ever will."""
    cause = error.__cause__
    for each in (cause, getattr(cause, "__cause__", None)):
        if isinstance(each, _AnswerRefused) or getattr(each, "is_for_good", False):
            return str(each), True
    return f"it cannot be reached ({type(cause or error).__name__})", False
