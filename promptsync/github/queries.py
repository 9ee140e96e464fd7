"""What is asked of GitHub in GraphQL. Source of the fields: docs.github.com, "GraphQL API", queries and mutations."""

COMMENTS = """
query ($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    issueOrPullRequest(number: $number) {
      ... on PullRequest { comments(first: 100, after: $after) { ...found } }
      ... on Issue { comments(first: 100, after: $after) { ...found } }
    }
  }
}
fragment found on IssueCommentConnection {
  nodes { databaseId body viewerDidAuthor }
  pageInfo { hasNextPage endCursor }
}
"""
ISSUES = """
query ($owner: String!, $name: String!, $label: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    issues(states: [OPEN], labels: [$label], first: 100, after: $after) {
      nodes { number title body viewerDidAuthor }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
PULLS = """
query ($owner: String!, $name: String!, $branch: String!, $base: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequests(
      headRefName: $branch, baseRefName: $base, states: [OPEN, CLOSED],
      orderBy: {field: CREATED_AT, direction: DESC}, first: 100, after: $after
    ) {
      nodes { number url title body state isCrossRepository viewerDidAuthor }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
COMMIT = """
mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }
"""
AUTO_MERGE = """
mutation ($pull: ID!) { enablePullRequestAutoMerge(input: {pullRequestId: $pull}) { clientMutationId } }
"""
