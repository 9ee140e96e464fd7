#!/usr/bin/env bash
# Brings the lockfile that an apply has changed back into git.
#
#   lockfile.sh take      before the apply: merges the branch of an open lockfile pull request, if there is one
#   lockfile.sh commit    after it: commits the changed lockfile and pushes it to the base branch; where that is
#                         refused (a protected branch), to a branch of its own with a pull request
#
# Reads PROMPTS_DIR (prompts), BASE_BRANCH (main), LOCK_BRANCH (promptsync/lockfile) and RETRY_SECONDS (3). Needs a
# clone with its whole history, leave to push to `origin`, and `gh` with leave to open pull requests.
set -euo pipefail
cd "$(git rev-parse --show-toplevel)"

dir=${PROMPTS_DIR:-prompts}
base=${BASE_BRANCH:-main}
branch=${LOCK_BRANCH:-promptsync/lockfile}
pause=${RETRY_SECONDS:-3}
attempts=5
subject="Update the prompt lockfile"
lockfiles=(":(glob)$dir/promptsync.lock.json" ":(glob)$dir/promptsync.*.lock.json")

export GIT_AUTHOR_NAME="github-actions[bot]" GIT_COMMITTER_NAME="github-actions[bot]"
export GIT_AUTHOR_EMAIL="41898282+github-actions[bot]@users.noreply.github.com"
export GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL

fail() {
  echo "::error title=promptsync::$1" >&2
  exit 1
}

fetch() { git fetch --quiet origin "+refs/heads/$1:refs/remotes/origin/$1"; }

open_pull_request() { gh pr list --head "$branch" --base "$base" --state open --json url --jq '.[].url'; }

# The lock branch counts only while its pull request is open: once merged, what lingers there is old.
take() {
  local url
  url=$(open_pull_request)
  [[ -n $url ]] || return 0
  fetch "$branch"
  git merge --quiet --no-edit "origin/$branch" || {
    git merge --abort
    fail "the lockfile of $base and that of $url contradict each other; merge that pull request by hand first"
  }
  echo "took in the lockfile of $url"
}

commit() {
  git ls-files -z --modified --others --exclude-standard -- "${lockfiles[@]}" |
    xargs -0 -I FILE git add -- FILE
  if git diff --cached --quiet -- "${lockfiles[@]}"; then
    echo "the lockfile is unchanged"
    return
  fi
  # [skip ci]: for a token whose pushes would start workflows; this commit needs none.
  git commit --quiet -m "$subject [skip ci]"
  push_to_base || propose
}

# 0: pushed; 1: this branch takes no push of ours, or what was pushed meanwhile contradicts ours.
push_to_base() {
  local said
  for ((attempt = 1; attempt <= attempts; attempt++)); do
    if said=$(git push --quiet origin "HEAD:refs/heads/$base" 2>&1); then
      echo "pushed the lockfile to $base"
      return 0
    fi
    echo "$said"
    if fetch "$base" && ! git merge-base --is-ancestor "origin/$base" HEAD; then
      rebase || return 1
    elif refused "$said"; then
      return 1
    fi
    sleep "$pause"
  done
  return 1
}

rebase() {
  git rebase --quiet "origin/$base" && return 0
  git rebase --abort
  echo "::warning title=promptsync::the lockfile was changed on $base meanwhile, and git cannot merge the two"
  return 1
}

# A lost race for the ref is "remote rejected" too, but is worth another try.
refused() {
  [[ ! $1 =~ "cannot lock ref" && ! $1 =~ "failed to update ref" ]] &&
    [[ $1 =~ "remote rejected" || $1 =~ "rotected branch" || $1 =~ "GH006" || $1 =~ "GH013" || $1 =~ "403" ]]
}

propose() {
  local seen="" url
  # No [skip ci] here: required checks would wait for ever.
  git commit --quiet --amend --only -m "$subject"
  take
  if fetch "$branch" 2>/dev/null; then
    seen=$(git rev-parse "origin/$branch")
  fi
  git push --quiet --force-with-lease="refs/heads/$branch:$seen" origin "HEAD:refs/heads/$branch" ||
    fail "the lockfile could be pushed neither to $base nor to $branch; it is in this run's artefact"
  url=$(open_pull_request)
  if [[ -z $url ]]; then
    url=$(gh pr create --head "$branch" --base "$base" --title "$subject" --body \
      "An apply has changed the lockfile, and $base takes no direct push. Merge this soon: it holds the ids of live prompts.") ||
      fail "the lockfile is on the branch $branch, but no pull request could be opened; please open it by hand"
  fi
  echo "::notice title=promptsync::the lockfile waits in $url"
}

case ${1:-} in
  take) take ;;
  commit) commit ;;
  *) echo "usage: lockfile.sh take|commit" >&2; exit 64 ;;
esac
