namespace CartRecovery.Engine.ControlPlane.Database;

/// <summary>A step of the schema. A released step never changes: add another one.</summary>
/// <param name="Version">Its number, from 1 without gaps.</param>
/// <param name="Name">What the step adds.</param>
/// <param name="Sql">
/// The statements, in the SQL that both databases accept: <c>BIGINT</c> for numbers, times (ms since 1970) and Booleans, <c>TEXT</c>,
/// <c>BYTEA</c> for bytes.
/// </param>
sealed record ControlMigration(int Version, string Name, string Sql);

/// <summary>Creates the tables of the control database, and migrates those of an earlier version.</summary>
static class ControlSchema
{
    /// <summary>The steps, in order.</summary>
    public static IReadOnlyList<ControlMigration> Steps { get; } =
    [
        new(1, "changes and keys", """
            CREATE TABLE control_changes (topic TEXT PRIMARY KEY, revision BIGINT NOT NULL);
            INSERT INTO control_changes (topic, revision) VALUES ('write', 0);
            CREATE TABLE control_keys (number BIGINT PRIMARY KEY, wrapped BYTEA NOT NULL);
            """),
        new(2, "audit log", """
            CREATE TABLE audit (
                number BIGINT PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL, store TEXT, details TEXT,
                address TEXT, hash BYTEA NOT NULL);
            CREATE INDEX audit_at ON audit (at);
            CREATE TABLE audit_head (number BIGINT NOT NULL, hash BYTEA NOT NULL, signature BYTEA NOT NULL);
            CREATE TABLE audit_anchor (number BIGINT NOT NULL, hash BYTEA NOT NULL, signature BYTEA NOT NULL);
            """),
        new(3, "users, sessions and signing keys", """
            CREATE TABLE users (
                id TEXT PRIMARY KEY, email_hash BYTEA NOT NULL UNIQUE, email BYTEA NOT NULL, state TEXT NOT NULL, password TEXT, totp BYTEA, totp_step BIGINT,
                created_at BIGINT NOT NULL, last_login_at BIGINT);
            CREATE TABLE user_roles (
                user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, role TEXT NOT NULL, store TEXT NOT NULL, PRIMARY KEY (user_id, role, store));
            CREATE TABLE user_links (hash BYTEA PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, expires_at BIGINT NOT NULL);
            CREATE TABLE recovery_codes (
                user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, hash BYTEA NOT NULL, PRIMARY KEY (user_id, hash));
            CREATE TABLE sessions (
                id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, ended_at BIGINT);
            CREATE INDEX sessions_user ON sessions (user_id);
            CREATE INDEX sessions_ended ON sessions (ended_at);
            CREATE TABLE refresh_tokens (
                hash BYTEA PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, expires_at BIGINT NOT NULL, used_at BIGINT);
            CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
            CREATE TABLE signing_keys (
                id TEXT PRIMARY KEY, public_key BYTEA NOT NULL, private_key BYTEA NOT NULL, signs_from BIGINT NOT NULL, signs_until BIGINT NOT NULL);
            """),
        new(4, "API keys", """
            CREATE TABLE api_keys (
                id TEXT PRIMARY KEY, store TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, scopes TEXT, origins TEXT NOT NULL, loopback_only BIGINT NOT NULL,
                expires_at BIGINT, hint TEXT NOT NULL, hash BYTEA NOT NULL UNIQUE, created_at BIGINT NOT NULL, created_by TEXT NOT NULL, last_used_at BIGINT, replaced_by TEXT);
            CREATE INDEX api_keys_store ON api_keys (store);
            """),
        new(5, "roles", """
            CREATE TABLE roles (name TEXT PRIMARY KEY, permissions TEXT NOT NULL);
            """),
        new(6, "sign-in by an identity provider", """
            CREATE TABLE oidc_identities (
                subject BYTEA PRIMARY KEY, issuer TEXT NOT NULL, user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE, UNIQUE (issuer, user_id));
            CREATE TABLE oidc_sessions (
                session_id TEXT PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE, subject BYTEA NOT NULL, sid BYTEA, id_token BYTEA NOT NULL);
            CREATE INDEX oidc_sessions_subject ON oidc_sessions (subject);
            CREATE INDEX oidc_sessions_sid ON oidc_sessions (sid);
            CREATE TABLE used_tokens (hash BYTEA PRIMARY KEY, expires_at BIGINT NOT NULL);
            """),
        new(7, "feature flags", """
            CREATE TABLE feature_flags (
                store TEXT NOT NULL, key TEXT NOT NULL, version TEXT NOT NULL, salt TEXT NOT NULL, definition TEXT NOT NULL, bytes BIGINT NOT NULL,
                updated_at BIGINT NOT NULL, updated_by TEXT NOT NULL, PRIMARY KEY (store, key));
            """),
        new(8, "erasure of people", """
            CREATE TABLE privacy_requests (
                id TEXT PRIMARY KEY, folder TEXT NOT NULL, store TEXT NOT NULL, person BYTEA NOT NULL, subject BYTEA, mode TEXT NOT NULL, reason TEXT, state TEXT NOT NULL,
                requested_by TEXT NOT NULL, requested_at BIGINT NOT NULL, started_at BIGINT, ended_at BIGINT, attempts BIGINT NOT NULL, next_at BIGINT NOT NULL, problem TEXT,
                steps TEXT NOT NULL, receipt TEXT);
            CREATE INDEX privacy_requests_due ON privacy_requests (folder, state, next_at);
            CREATE INDEX privacy_requests_store ON privacy_requests (store, id);
            CREATE TABLE tombstones (store TEXT NOT NULL, person BYTEA NOT NULL, created_at BIGINT NOT NULL, request TEXT NOT NULL, PRIMARY KEY (store, person));
            CREATE TABLE receipt_keys (id TEXT PRIMARY KEY, public_key BYTEA NOT NULL, created_at BIGINT NOT NULL);
            """),
        new(9, "settings", """
            CREATE TABLE settings_versions (
                number BIGINT PRIMARY KEY, created_at BIGINT NOT NULL, created_by TEXT NOT NULL, reason TEXT NOT NULL, overlay TEXT NOT NULL, changes TEXT NOT NULL);
            CREATE TABLE settings_schedule (
                id TEXT PRIMARY KEY, apply_at BIGINT NOT NULL, created_at BIGINT NOT NULL, created_by TEXT NOT NULL, reason TEXT NOT NULL, operation TEXT NOT NULL,
                path TEXT NOT NULL, value TEXT NOT NULL, state TEXT NOT NULL, problem TEXT, version BIGINT);
            """),
        new(10, "campaigns", """
            CREATE TABLE campaigns (name TEXT PRIMARY KEY, state TEXT NOT NULL, version BIGINT NOT NULL, active_version BIGINT, created_at BIGINT NOT NULL);
            CREATE TABLE campaign_versions (
                name TEXT NOT NULL, number BIGINT NOT NULL, definition TEXT NOT NULL, stores TEXT NOT NULL, starts_at BIGINT, ends_at BIGINT, reason TEXT NOT NULL,
                created_at BIGINT NOT NULL, created_by TEXT NOT NULL, approved_by TEXT, PRIMARY KEY (name, number));
            """),
        new(11, "experiments", """
            CREATE TABLE experiments (
                id TEXT PRIMARY KEY, store TEXT NOT NULL, key TEXT NOT NULL, definition TEXT NOT NULL, allocations TEXT NOT NULL, started_at BIGINT NOT NULL,
                started_by TEXT NOT NULL, ended_at BIGINT, winner TEXT, UNIQUE (store, key));
            """),
        new(12, "usage", """
            CREATE TABLE usage_counts (
                store TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, period TEXT NOT NULL, count BIGINT NOT NULL, PRIMARY KEY (store, key, kind, period));
            """),
        new(13, "jobs", """
            CREATE TABLE jobs (
                name TEXT NOT NULL, engine TEXT NOT NULL, description TEXT NOT NULL, is_essential BIGINT NOT NULL, settings TEXT NOT NULL, own TEXT NOT NULL, next_at BIGINT,
                fence BIGINT NOT NULL, holder TEXT, lease_until BIGINT, run_id BIGINT, last_outcome TEXT, last_ended_at BIGINT, last_took BIGINT, last_success_at BIGINT,
                seen_at BIGINT NOT NULL, PRIMARY KEY (name, engine));
            CREATE TABLE job_runs (
                id BIGINT PRIMARY KEY, job TEXT NOT NULL, engine TEXT NOT NULL, cause TEXT NOT NULL, actor TEXT, attempt BIGINT NOT NULL, outcome TEXT NOT NULL,
                due_at BIGINT NOT NULL, started_at BIGINT, ended_at BIGINT, retry_of BIGINT, cancelled_by TEXT, problem TEXT, progress TEXT, report TEXT, log TEXT NOT NULL);
            CREATE INDEX job_runs_job ON job_runs (job, engine, id);
            CREATE TABLE job_steps (
                run_id BIGINT NOT NULL REFERENCES job_runs (id) ON DELETE CASCADE, position BIGINT NOT NULL, name TEXT NOT NULL, outcome TEXT NOT NULL, started_at BIGINT,
                ended_at BIGINT, problem TEXT, PRIMARY KEY (run_id, name));
            """),
        new(14, "destinations of backups", """
            CREATE TABLE backup_destinations (
                path TEXT NOT NULL, engine TEXT NOT NULL, key_file TEXT, is_encrypted BIGINT NOT NULL, last_at BIGINT NOT NULL, PRIMARY KEY (path, engine));
            """),
        new(15, "reconciliations", """
            CREATE TABLE reconciliations (id TEXT PRIMARY KEY, store TEXT NOT NULL, report TEXT NOT NULL);
            CREATE INDEX reconciliations_store ON reconciliations (store, id);
            """),
        new(16, "backtests of campaigns", """
            CREATE TABLE campaign_backtests (
                id BIGINT PRIMARY KEY, engine TEXT NOT NULL, campaign TEXT NOT NULL, version BIGINT NOT NULL, store TEXT NOT NULL, from_at BIGINT NOT NULL, to_at BIGINT NOT NULL,
                model TEXT, state TEXT NOT NULL, requested_by TEXT NOT NULL, requested_at BIGINT NOT NULL, started_at BIGINT, ended_at BIGINT, percent BIGINT NOT NULL,
                attempts BIGINT NOT NULL, problem TEXT, result TEXT);
            CREATE INDEX campaign_backtests_campaign ON campaign_backtests (campaign, store, id);
            CREATE INDEX campaign_backtests_queue ON campaign_backtests (engine, state);
            """),
        new(17, "insights", """
            CREATE TABLE insights (
                kind TEXT NOT NULL, engine TEXT NOT NULL, store TEXT NOT NULL, at BIGINT NOT NULL, report TEXT NOT NULL, PRIMARY KEY (kind, engine, store, at));
            CREATE INDEX insights_time ON insights (kind, at);
            """),
        new(18, "whose configuration of jobs is in force", """
            ALTER TABLE jobs ADD COLUMN configured TEXT;
            ALTER TABLE jobs ADD COLUMN configured_by TEXT;
            """),
        new(19, "quotas of API keys", """
            ALTER TABLE api_keys ADD COLUMN events_per_day BIGINT NOT NULL DEFAULT 0;
            """),
        new(20, "segments", """
            CREATE TABLE segments (store TEXT NOT NULL, key TEXT NOT NULL, number BIGINT NOT NULL, PRIMARY KEY (store, key));
            CREATE TABLE segment_versions (
                store TEXT NOT NULL, key TEXT NOT NULL, number BIGINT NOT NULL, version TEXT NOT NULL, definition TEXT NOT NULL, bytes BIGINT NOT NULL,
                created_at BIGINT NOT NULL, created_by TEXT NOT NULL, PRIMARY KEY (store, key, number));
            """),
        new(21, "numbers of backtests", """
            CREATE TABLE campaign_backtest_numbers (highest BIGINT NOT NULL);
            INSERT INTO campaign_backtest_numbers (highest) SELECT COALESCE(MAX(id), 0) FROM campaign_backtests;
            """),
        new(22, "templates", """
            CREATE TABLE templates (store TEXT NOT NULL, name TEXT NOT NULL, number BIGINT NOT NULL, PRIMARY KEY (store, name));
            CREATE TABLE template_versions (
                store TEXT NOT NULL, name TEXT NOT NULL, number BIGINT NOT NULL, version TEXT NOT NULL, definition TEXT NOT NULL, bytes BIGINT NOT NULL,
                created_at BIGINT NOT NULL, created_by TEXT NOT NULL, PRIMARY KEY (store, name, number));
            """),
        new(23, "erasures in all data folders that share the database", """
            CREATE TABLE privacy_folders (folder TEXT PRIMARY KEY, started_at BIGINT NOT NULL, scanned_at BIGINT);
            ALTER TABLE privacy_requests ADD COLUMN origin TEXT;
            CREATE INDEX privacy_requests_origin ON privacy_requests (origin);
            """),
        new(24, "encrypted reports of reconciliations", """
            ALTER TABLE reconciliations ADD COLUMN sealed BYTEA;
            """),
    ];

    /// <summary>The version that this program writes.</summary>
    public static int Version => Steps[^1].Version;

    /// <summary>Applies the missing steps in the caller's transaction.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="database">The database, as messages name it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="upTo">The version to stop at.</param>
    /// <exception cref="ControlDatabaseException">A newer version wrote the database. Nothing was changed.</exception>
    public static async Task MigrateAsync(ControlSession session, string database, TimeProvider time, int upTo = int.MaxValue)
    {
        await session.RunScriptAsync("CREATE TABLE IF NOT EXISTS control_schema (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)");
        var present = await session.NumberAsync($"SELECT MAX(version) FROM control_schema") ?? 0;
        if (present > Version)
        {
            throw new ControlDatabaseException(ControlDatabaseException.Newer,
                $"{database} was written by a newer version (schema {present}; this one knows {Version}): run that version, or restore a backup; nothing was changed");
        }

        foreach (var step in Steps.Where(step => step.Version > present && step.Version <= upTo))
        {
            await session.RunScriptAsync(step.Sql);
            await session.RunAsync($"INSERT INTO control_schema (version, name, applied_at) VALUES ({step.Version}, {step.Name}, {time.GetUtcNow()})");
        }
    }
}
