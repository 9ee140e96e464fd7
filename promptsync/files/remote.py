"""Branches of another repository, read and written with git itself: the remote of a checkout, or any URL.

Commits are made beside the working tree and the index, which stay as they are, in shallow clones and on a detached
HEAD too. A push names what it expects the branch to be at, so that the other side compares and swaps. What was read
is kept below `refs/promptsync/`, so that the history of a branch of lockfiles can be told without the network.

Only https, ssh and other folders of this machine are spoken to, and http on loopback. A password in a URL is in no
message.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from promptsync.files.branches import Proposed
from promptsync.files.connection import LOOPBACK
from promptsync.files.repository import Repository
from promptsync.files.safe import MAX_STATE_BYTES, real
from promptsync.model.errors import BranchError, DeniedError, MovedError

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGIN = "origin"
KEPT = "refs/promptsync/"
"""Where the tips of branches are kept that were read or written last."""

_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SECRET = re.compile(r"(?<=://)[^/\s]*@")
_URL = re.compile(r"https?://[^\s'\"<>]{1,500}")
_RACE = re.compile(
    r"stale info|fetch first|non-fast-forward|cannot lock ref|failed to update ref|incorrect old value|already exists"
)
"""What git says where another push was quicker: before it sends, or on the other side."""
_DENIED = re.compile(
    r"\b40[13]\b|denied|not allowed to|unauthori[sz]ed|authentication failed|could not read (username|password)"
    r"|marked as read.only",
    re.IGNORECASE,
)
"""What hosts and git say to someone who may not."""

_MARKS = ("remote: error:", "ERROR:", "ssh:", "fatal:", "error:", "remote:", "")
"""What the line of a complaint begins with that says most, the best first."""
_SAYS_NOTHING = "Could not read from remote repository"


class Remote:
    """The repository behind a remote of the checkout that `folder` lies in; `remote` is its name, or a URL.

    `state_branch` is one whose history is not needed: in a shallow clone only its tip is fetched. `asks` tells that
    the other side is a GitLab, which is asked to open a merge request for a proposal, and to start no pipeline for a
    commit. Raises BranchError where there is no checkout or no such remote, and
    every method does where the other side cannot be reached.
    """

    def __init__(
        self, folder: Path, remote: str = ORIGIN, *, state_branch: str | None = None, asks: bool = False
    ) -> None:
        found = Repository.of(folder)
        if found is None:
            raise BranchError(f"{folder} is in no git repository, or git is not there", hint="run this in a checkout")
        self._repository = found
        self._remote = remote
        self._state_branch = state_branch
        self._asks = asks
        self._name = _SECRET.sub("", remote)
        self._protocols = "https:ssh:file"
        self._check_remote()

    def tip(self, branch: str) -> str | None:
        """The commit that a branch points to now; None where there is no such branch."""
        ref = self._ref(branch)
        listed = self._away("ls-remote", "--", self._remote, ref).stdout.decode("ascii", "replace")
        tip = next((line.partition("\t")[0] for line in listed.splitlines() if line.endswith(f"\t{ref}")), None)
        if tip is None:
            return None
        if not self._has(tip):
            depth = ["--depth=1"] if branch == self._state_branch and self._is_shallow() else []
            self._fetch(*depth, refspec=ref)
            if not self._has(tip):
                raise MovedError(f"the branch {branch} of {self._name} moved meanwhile", hint="try again")
        self._keep(branch, tip)
        return tip

    def read(self, path: str, commit: str) -> bytes | None:
        """The content of a file at a commit, as data; None where there is none."""
        where = ("--literal-pathspecs", "ls-tree", "-z", "--full-tree", _checked(commit), "--", path)
        listed = self._local(*where, doing=f"read {path}").decode("utf-8", "replace")
        kind, _, rest = listed.partition(" ")[2].partition(" ")
        if kind != "blob":
            return None
        blob = rest.partition("\t")[0]
        if not self._has(blob):
            self._fetch(refspec=blob)
        size = self._local("cat-file", "-s", blob, doing=f"read {path}")
        if int(size) > MAX_STATE_BYTES:
            raise BranchError(f"{path} of {commit[:10]} is larger than {MAX_STATE_BYTES:,} bytes")
        return self._local("cat-file", "blob", blob, doing=f"read {path}")

    def names(self, commit: str) -> list[str]:
        """The paths of all files at a commit."""
        listed = self._local("ls-tree", "-r", "-z", "--name-only", "--full-tree", _checked(commit), doing="list files")
        return [os.fsdecode(name) for name in listed.split(b"\0") if name]

    def merge_base(self, one: str, other: str) -> str | None:
        """The commit that two commits both build on; None where there is none, or a shallow clone does not reach it."""
        found = self._repository.git("merge-base", _checked(one), _checked(other))
        return found.decode("ascii").strip() if found else None

    def changed(self, base: str, commit: str) -> list[str]:
        """The paths in which a commit differs from `base`."""
        which = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", _checked(base), _checked(commit))
        listed = self._local(*which, doing="compare two commits")
        return [os.fsdecode(name) for name in listed.split(b"\0") if name]

    def commit(
        self, branch: str, onto: str | None, files: Mapping[str, bytes | None], headline: str, body: str = ""
    ) -> str:
        """Commits files to a branch if it still points to `onto`; see `Branches`."""
        made = self._made(onto, files, f"{headline}\n\n{body}")
        self._push(branch, onto, made, *(["--push-option=ci.skip"] if self._asks else []))
        return made

    def propose(
        self, branch: str, base: str, onto: str, files: Mapping[str, bytes | None], headline: str, body: str = ""
    ) -> Proposed:
        """Makes or moves a branch that is one commit ahead of `onto`; see `Branches`."""
        before = self.tip(branch)
        made = self._made(onto, files, f"{headline}\n\n{body}")
        options = ["merge_request.create", f"merge_request.target={base}", "merge_request.remove_source_branch"]
        said = self._push(branch, before, made, *(f"--push-option={one}" for one in options if self._asks))
        lines = [line for line in said.splitlines() if line.startswith("remote:")]
        found = _URL.search("\n".join(lines))
        return Proposed(made, found[0] if found else "")

    def _check_remote(self) -> None:
        """Raises BranchError for what is neither a remote of the checkout nor a place outside of it.

        A folder of the checkout may be anything, hooks included.
        """
        remote, told = self._remote, self._name
        if not remote or remote.startswith("-") or not remote.isprintable():
            raise BranchError("the remote's name cannot be used", hint="give the name of a remote, or a URL")
        is_known = self._repository.git("config", "--get-all", f"remote.{remote}.url") is not None
        if not is_known and not re.match(r"[a-z+]+://|/|[\w.-]+@[\w.-]+:", remote):
            raise BranchError(f"this checkout has no remote “{told}”", hint="name another one, or a URL, with --remote")
        for how in ([], ["--push"]) if is_known else ():
            self._check_url((self._repository.git("remote", "get-url", *how, remote) or b"").decode().strip())
        self._check_url((self._repository.git("ls-remote", "--get-url", "--", remote) or b"").decode().strip())

    def _check_url(self, url: str) -> None:
        parts = urlsplit(url) if "://" in url else None
        if parts is not None and parts.scheme == "http":
            if parts.hostname not in LOOPBACK:
                raise BranchError(f"{self._name} would be reached in clear text", hint="use https or ssh")
            self._protocols += ":http"
        path = folder_of(url)
        if path is not None and real(self._repository.top / path).is_relative_to(self._repository.top):
            raise BranchError(f"{self._name} is a folder of this checkout", hint="name the repository it came from")

    def _ref(self, branch: str) -> str:
        """The name of a branch in full. Raises BranchError for what can be none."""
        ref = f"refs/heads/{branch}"
        if not branch.isprintable() or self._repository.git("check-ref-format", ref) is None:
            raise BranchError(f"“{branch}” cannot be the name of a branch")
        return ref

    def _keep(self, branch: str, tip: str) -> None:
        """Notes the tip, if it is another one; whoever does so at the same time may win."""
        if self._repository.git("rev-parse", "--verify", "--quiet", KEPT + branch) != f"{tip}\n".encode():
            self._repository.git("update-ref", KEPT + branch, tip)

    def _has(self, object_: str) -> bool:
        return self._repository.git("cat-file", "-e", _checked(object_)) is not None

    def _is_shallow(self) -> bool:
        return self._repository.git("rev-parse", "--is-shallow-repository") == b"true\n"

    def _fetch(self, *options: str, refspec: str) -> None:
        quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-filter", "--refmap=")
        self._away("fetch", *quiet, *options, "--", self._remote, refspec)

    def _made(self, onto: str | None, files: Mapping[str, bytes | None], message: str) -> str:
        """A commit on `onto` in which these files are new, or gone, and all else is as it was."""
        doing = "make a commit"
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if onto is not None:
                self._local("read-tree", _checked(onto), doing=doing, environ=index)
            for path, data in files.items():
                if data is None:
                    self._local("update-index", "--force-remove", "--", path, doing=doing, environ=index)
                    continue
                blob = self._local("hash-object", "-w", "--stdin", "--no-filters", doing=doing, data=data)
                entry = f"100644,{blob.decode('ascii').strip()},{path}"
                self._local("update-index", "--add", "--cacheinfo", entry, doing=doing, environ=index)
            tree = self._local("write-tree", "--missing-ok", doing=doing, environ=index).decode("ascii").strip()
        parents = ["-p", onto] if onto is not None else []
        text = message.strip() + "\n"
        made = self._local("commit-tree", tree, *parents, doing=doing, data=text.encode(), environ=self._author())
        return made.decode("ascii").strip()

    def _author(self) -> dict[str, str]:
        """Who commits: as git is told, else whom the CI names."""
        given = {name: os.environ[name] for name in os.environ if name.startswith(("GIT_AUTHOR_", "GIT_COMMITTER_"))}
        if "GIT_AUTHOR_NAME" in given or self._repository.git("config", "user.email"):
            return given
        name, email = "promptsync", "promptsync@localhost"
        if os.environ.get("GITHUB_ACTIONS"):
            name, email = "github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com"
        elif os.environ.get("GITLAB_USER_EMAIL"):
            name, email = os.environ.get("GITLAB_USER_NAME") or name, os.environ["GITLAB_USER_EMAIL"]
        return {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", name), ("EMAIL", email))
        }

    def _push(self, branch: str, expected: str | None, commit: str, *options: str) -> str:
        """Moves a branch from `expected` to a commit, and gives what git said on the way."""
        ref = self._ref(branch)
        words = ("push", "--porcelain", "--no-verify", "--no-follow-tags", f"--force-with-lease={ref}:{expected or ''}")
        ran = self._try(*words, *options, "--", self._remote, f"{commit}:{ref}")
        said = ran.stderr.decode("utf-8", "replace")
        if ran.returncode:
            self._raise_refused(branch, ran.stdout.decode("utf-8", "replace"), said)
        self._keep(branch, commit)
        return said

    def _raise_refused(self, branch: str, told: str, said: str) -> NoReturn:
        """Raises what became of a push. `told` is a line of `push --porcelain` for the branch, `said` all the rest."""
        line = next((line for line in told.splitlines() if line.startswith("!")), "")
        why = self._clean(line.partition("[")[2].replace("]", "", 1))
        if _RACE.search(line):
            raise MovedError(f"the branch {branch} of {self._name} moved meanwhile")
        if line:
            told = self._last(said, ("remote: error:", "remote:"))
            raise DeniedError(f"{self._name} takes no commit of ours on {branch}: {why}{told}")
        self._raise_unreached(said)

    def _raise_unreached(self, said: str) -> NoReturn:
        kind = DeniedError if _DENIED.search(said) else BranchError
        hint = "look whether `git fetch` and `git push` work here by themselves, without asking for a password"
        raise kind(f"{self._name} could not be reached{self._last(said)}", hint=hint)

    def _last(self, said: str, marks: tuple[str, ...] = _MARKS) -> str:
        """The line that says most of what git, or the host, complained of, to be put behind a sentence."""
        lines = [self._clean(line).strip() for line in said.splitlines() if _SAYS_NOTHING not in line]
        for begins in marks:
            for line in lines:
                if line.startswith(begins) and line != begins:
                    return f" ({line.removeprefix(begins).strip()[:300]})"
        return ""

    def _clean(self, text: str) -> str:
        return _SECRET.sub("", text)

    def _away(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        ran = self._try(*arguments)
        if ran.returncode:
            self._raise_unreached(ran.stderr.decode("utf-8", "replace"))
        return ran

    def _try(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return self._repository.away(*arguments, protocols=self._protocols)
        except subprocess.TimeoutExpired:
            raise BranchError(f"{self._name} did not answer in time", hint="try again") from None
        except (OSError, ValueError):
            raise BranchError("git could not be run") from None

    def _local(
        self, *arguments: str, doing: str, data: bytes | None = None, environ: Mapping[str, str] | None = None
    ) -> bytes:
        out = self._repository.git(*arguments, data=data, environ=environ)
        if out is None:
            raise BranchError(f"git could not {doing} in {self._repository.top}")
        return out


def folder_of(url: str, *, has_drives: bool = sys.platform == "win32") -> str | None:
    """The folder of this machine that git takes a URL for; None for another machine (git-fetch, "GIT URLS")."""
    parts = urlsplit(url) if "://" in url else None
    if parts is not None:
        path = parts.path if parts.scheme == "file" else None
        return path.removeprefix("/") if has_drives and path and re.match("/[A-Za-z]:", path) else path
    if has_drives and url[1:2] == ":":
        return url
    return None if re.match(r"[^/]+:", url) else url  # A colon before a slash: ssh, as scp writes it.


def _checked(object_: str) -> str:
    """An object's id. Raises BranchError for what is none, and might be an option."""
    if not _OBJECT.fullmatch(object_):
        raise BranchError("what should be a commit's id is none")
    return object_
