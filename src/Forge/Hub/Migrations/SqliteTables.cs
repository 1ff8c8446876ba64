namespace Forge.Hub.Migrations;

/// <summary>The first tables of the hub on SQLite, as the model made them before there were migrations.</summary>
internal static class SqliteTables
{
    public const string Sql =
        """
        CREATE TABLE "busjobs_outbox" (
            "position" INTEGER NOT NULL CONSTRAINT "busjobs_outbox_pkey" PRIMARY KEY AUTOINCREMENT,
            "job" TEXT NOT NULL,
            "added_at" INTEGER NOT NULL DEFAULT ((cast(unixepoch('subsec') * 1000 as integer))),
            "due_at" INTEGER NOT NULL DEFAULT ((cast(unixepoch('subsec') * 1000 as integer))),
            "tries" INTEGER NOT NULL DEFAULT 0,
            "reason" TEXT NULL
        );
        CREATE TABLE "repository" (
            "id" INTEGER NOT NULL CONSTRAINT "PK_repository" PRIMARY KEY AUTOINCREMENT,
            "org" TEXT NOT NULL,
            "name" TEXT NOT NULL,
            "path" TEXT NOT NULL,
            "default_branch" TEXT NOT NULL,
            "required_approvals" INTEGER NOT NULL,
            "dismiss_stale_approvals" INTEGER NOT NULL
        );
        CREATE TABLE "activity_day" (
            "repository_id" INTEGER NOT NULL,
            "start" INTEGER NOT NULL,
            "commits" INTEGER NOT NULL,
            "authors" INTEGER NOT NULL,
            "added" INTEGER NOT NULL,
            "removed" INTEGER NOT NULL,
            "files" INTEGER NOT NULL,
            "computed_at" INTEGER NOT NULL,
            CONSTRAINT "PK_activity_day" PRIMARY KEY ("repository_id", "start"),
            CONSTRAINT "FK_activity_day_repository_repository_id" FOREIGN KEY ("repository_id") REFERENCES "repository" ("id") ON DELETE CASCADE
        );
        CREATE TABLE "check_run" (
            "repository_id" INTEGER NOT NULL,
            "commit" TEXT NOT NULL,
            "name" TEXT NOT NULL,
            "state" TEXT NOT NULL,
            CONSTRAINT "PK_check_run" PRIMARY KEY ("repository_id", "commit", "name"),
            CONSTRAINT "FK_check_run_repository_repository_id" FOREIGN KEY ("repository_id") REFERENCES "repository" ("id") ON DELETE CASCADE
        );
        CREATE TABLE "hook_endpoint" (
            "id" TEXT NOT NULL CONSTRAINT "PK_hook_endpoint" PRIMARY KEY,
            "repository_id" INTEGER NOT NULL,
            "url" TEXT NOT NULL,
            "events" TEXT NOT NULL,
            "secret" TEXT NOT NULL,
            "old_secret" TEXT NULL,
            "old_secret_until" INTEGER NULL,
            "failures" INTEGER NOT NULL,
            "failing_since" INTEGER NULL,
            "open_until" INTEGER NULL,
            "disabled_because" TEXT NULL,
            CONSTRAINT "FK_hook_endpoint_repository_repository_id" FOREIGN KEY ("repository_id") REFERENCES "repository" ("id") ON DELETE CASCADE
        );
        CREATE TABLE "pull_request" (
            "id" INTEGER NOT NULL CONSTRAINT "PK_pull_request" PRIMARY KEY AUTOINCREMENT,
            "repository_id" INTEGER NOT NULL,
            "number" INTEGER NOT NULL,
            "source" TEXT NOT NULL,
            "target" TEXT NOT NULL,
            "author" TEXT NOT NULL,
            "is_open" INTEGER NOT NULL,
            CONSTRAINT "FK_pull_request_repository_repository_id" FOREIGN KEY ("repository_id") REFERENCES "repository" ("id") ON DELETE CASCADE
        );
        CREATE TABLE "hook_delivery" (
            "id" TEXT NOT NULL CONSTRAINT "PK_hook_delivery" PRIMARY KEY,
            "endpoint_id" TEXT NOT NULL,
            "event_id" TEXT NOT NULL,
            "event_type" TEXT NOT NULL,
            "body" TEXT NOT NULL,
            "created_at" INTEGER NOT NULL,
            "state" TEXT NOT NULL,
            "round" INTEGER NOT NULL,
            "tries_made" INTEGER NOT NULL,
            "next_at" INTEGER NULL,
            CONSTRAINT "FK_hook_delivery_hook_endpoint_endpoint_id" FOREIGN KEY ("endpoint_id") REFERENCES "hook_endpoint" ("id") ON DELETE CASCADE
        );
        CREATE TABLE "mergeability" (
            "pull_request_id" INTEGER NOT NULL CONSTRAINT "PK_mergeability" PRIMARY KEY,
            "state" TEXT NOT NULL,
            "source_head" TEXT NULL,
            "target_head" TEXT NULL,
            "merge_base" TEXT NULL,
            "ahead" INTEGER NOT NULL,
            "behind" INTEGER NOT NULL,
            "conflicts" TEXT NOT NULL,
            "computed_at" INTEGER NOT NULL,
            "version" INTEGER NOT NULL,
            CONSTRAINT "FK_mergeability_pull_request_pull_request_id" FOREIGN KEY ("pull_request_id") REFERENCES "pull_request" ("id") ON DELETE CASCADE
        );
        CREATE TABLE "review" (
            "id" INTEGER NOT NULL CONSTRAINT "PK_review" PRIMARY KEY AUTOINCREMENT,
            "pull_request_id" INTEGER NOT NULL,
            "reviewer" TEXT NOT NULL,
            "state" TEXT NOT NULL,
            "commit" TEXT NOT NULL,
            "submitted_at" INTEGER NOT NULL,
            "is_dismissed" INTEGER NOT NULL,
            CONSTRAINT "FK_review_pull_request_pull_request_id" FOREIGN KEY ("pull_request_id") REFERENCES "pull_request" ("id") ON DELETE CASCADE
        );
        CREATE TABLE "review_decision" (
            "pull_request_id" INTEGER NOT NULL CONSTRAINT "PK_review_decision" PRIMARY KEY,
            "decision" TEXT NOT NULL,
            "approvals" INTEGER NOT NULL,
            "checks" TEXT NOT NULL,
            "is_ready" INTEGER NOT NULL,
            "head" TEXT NULL,
            "computed_at" INTEGER NOT NULL,
            "version" INTEGER NOT NULL,
            CONSTRAINT "FK_review_decision_pull_request_pull_request_id" FOREIGN KEY ("pull_request_id") REFERENCES "pull_request" ("id") ON DELETE CASCADE
        );
        CREATE TABLE "hook_try" (
            "id" INTEGER NOT NULL CONSTRAINT "PK_hook_try" PRIMARY KEY AUTOINCREMENT,
            "delivery_id" TEXT NOT NULL,
            "round" INTEGER NOT NULL,
            "number" INTEGER NOT NULL,
            "at" INTEGER NOT NULL,
            "took_ms" INTEGER NOT NULL,
            "request" TEXT NOT NULL,
            "status" INTEGER NULL,
            "fault" TEXT NULL,
            "response" TEXT NOT NULL,
            CONSTRAINT "FK_hook_try_hook_delivery_delivery_id" FOREIGN KEY ("delivery_id") REFERENCES "hook_delivery" ("id") ON DELETE CASCADE
        );
        CREATE INDEX "busjobs_outbox_due" ON "busjobs_outbox" ("due_at", "position");
        CREATE INDEX "IX_hook_delivery_created_at" ON "hook_delivery" ("created_at");
        CREATE INDEX "IX_hook_delivery_endpoint_id" ON "hook_delivery" ("endpoint_id");
        CREATE INDEX "IX_hook_endpoint_repository_id" ON "hook_endpoint" ("repository_id");
        CREATE INDEX "IX_hook_try_delivery_id" ON "hook_try" ("delivery_id");
        CREATE UNIQUE INDEX "IX_pull_request_repository_id_number" ON "pull_request" ("repository_id", "number");
        CREATE INDEX "IX_pull_request_repository_id_source" ON "pull_request" ("repository_id", "source");
        CREATE INDEX "IX_pull_request_repository_id_target" ON "pull_request" ("repository_id", "target");
        CREATE UNIQUE INDEX "IX_repository_org_name" ON "repository" ("org", "name");
        CREATE INDEX "IX_review_pull_request_id" ON "review" ("pull_request_id");
        """;
}
