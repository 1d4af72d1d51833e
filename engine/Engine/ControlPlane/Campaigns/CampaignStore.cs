using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Campaigns;

/// <summary>
/// Stores campaigns that the API manages, and their versions. Every change and its audit entry are one transaction. Thread-safe.
/// </summary>
/// <param name="database">The database.</param>
public sealed class CampaignStore(ControlDatabase database)
{
    /// <summary>Maximum number of campaigns, and of kept versions of each. The oldest versions are deleted first.</summary>
    public const int MaxCampaigns = 1000, MaxVersions = 100;

    /// <summary>The topic that every change marks in <see cref="ControlChanges"/>.</summary>
    public const string Topic = "campaigns";

    readonly AuditLog _audit = new(database);

    /// <summary>Lists all campaigns, the oldest first.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<ManagedCampaign>> ListAsync(CancellationToken cancellation = default) => database.ReadAsync(session => ReadAsync(session, SqlPart.Of($"1 = 1"), MaxCampaigns), cancellation);

    /// <summary>Finds a campaign; returns <see langword="null"/> if there is none.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<ManagedCampaign?> FindAsync(string name, CancellationToken cancellation = default) =>
        database.ReadAsync(async session => (await ReadAsync(session, SqlPart.Of($"c.name = {name}"), 1)).FirstOrDefault(), cancellation);

    /// <summary>Lists a campaign's versions, the newest first.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<CampaignVersion>> VersionsAsync(string name, CancellationToken cancellation = default) => database.ReadAsync(session => session.ListAsync(
        $"""
        SELECT number, definition, stores, starts_at, ends_at, reason, created_at, created_by, approved_by
        FROM campaign_versions WHERE name = {name} ORDER BY number DESC LIMIT {MaxVersions}
        """, row => Version(row, 0)), cancellation);

    /// <summary>Lists the versions in force, the oldest campaign first. Their dates are not checked.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<(string Name, CampaignDraft Draft)>> ActiveAsync(CancellationToken cancellation = default) => database.ReadAsync(session => session.ListAsync(
        $"""
        SELECT v.number, v.definition, v.stores, v.starts_at, v.ends_at, v.reason, v.created_at, v.created_by, v.approved_by, c.name
        FROM campaigns c JOIN campaign_versions v ON v.name = c.name AND v.number = c.active_version ORDER BY c.created_at, c.name LIMIT {MaxCampaigns}
        """, row => (row.Text(9), Version(row, 0).Draft)), cancellation);

    /// <summary>Creates a campaign, or adds a draft version to one. A version in force stays in force.</summary>
    /// <param name="name">The campaign's name.</param>
    /// <param name="after">The version that the caller has read; 0 to create a campaign.</param>
    /// <param name="draft">The version's content.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <returns>The number of the new version.</returns>
    /// <exception cref="ControlRefusalException">The name is taken, the version is out of date, or there are too many
    /// campaigns.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<long> SaveAsync(string name, long after, CampaignDraft draft, string actor, string? address) => database.WriteAsync(async session =>
    {
        var (number, now) = (after + 1, database.Time.GetUtcNow());
        var present = await session.NumberAsync($"SELECT version FROM campaigns WHERE name = {name}");
        if (after == 0 && present is not null)
        {
            throw new ControlRefusalException(ControlRefusalException.CampaignExists, "There is already a campaign of this name. Choose another name.");
        }

        if (after == 0 && await session.NumberAsync($"SELECT COUNT(*) FROM campaigns") >= MaxCampaigns)
        {
            throw new ControlRefusalException(ControlRefusalException.TooManyCampaigns, $"There are {MaxCampaigns} campaigns. Delete archived ones.");
        }

        if ((present ?? 0) != after)
        {
            throw Changed();
        }

        await session.RunAsync($"""
            INSERT INTO campaigns (name, state, version, created_at) VALUES ({name}, {ManagedCampaign.Draft}, {number}, {now})
            ON CONFLICT (name) DO UPDATE SET state = excluded.state, version = excluded.version
            """);
        await session.RunAsync($"""
            INSERT INTO campaign_versions (name, number, definition, stores, starts_at, ends_at, reason, created_at, created_by)
            VALUES ({name}, {number}, {draft.Definition}, {string.Join(' ', draft.Stores)}, {draft.StartsAt}, {draft.EndsAt}, {draft.Reason}, {now}, {actor})
            """);
        await session.RunAsync($"""
            DELETE FROM campaign_versions WHERE name = {name} AND number <= {number - MaxVersions}
                AND number <> (SELECT COALESCE(active_version, 0) FROM campaigns WHERE name = {name})
            """);
        await RecordAsync(session, after == 0 ? "campaign.create" : "campaign.change", name, number, draft.Reason, actor, address);
        return number;
    });

    /// <summary>Applies a state transition to the last version.</summary>
    /// <param name="name">The campaign.</param>
    /// <param name="version">The version that the caller has read.</param>
    /// <param name="step">The transition.</param>
    /// <param name="needsApproval">Whether a version needs the approval of a user other than its author before it can be activated.</param>
    /// <param name="actor">The actor, for the audit log.</param>
    /// <param name="address">The client's address, for the audit log.</param>
    /// <exception cref="ControlRefusalException">The version is out of date, the state forbids the transition, or an approval is
    /// missing.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task StepAsync(string name, long version, CampaignStep step, bool needsApproval, string actor, string? address) => database.WriteAsync(async session =>
    {
        if ((await ReadAsync(session, SqlPart.Of($"c.name = {name}"), 1)).FirstOrDefault() is not { } campaign || campaign.Last.Number != version)
        {
            throw Changed();
        }

        if (!step.From.Contains(campaign.State))
        {
            throw new ControlRefusalException(ControlRefusalException.CampaignState, $"The campaign's state is {campaign.State}; expected {string.Join(" or ", step.From)}.");
        }

        if (step == CampaignStep.Approve && campaign.Last.By == actor)
        {
            throw new ControlRefusalException(ControlRefusalException.OwnApproval, "You cannot approve your own version. Another user must approve it.");
        }

        // The user behind a key is unknown and may be the approver. So a version that a key made cannot be approved.
        var isByKey = campaign.Last.By.StartsWith("key:", StringComparison.Ordinal);
        if (step == CampaignStep.Approve && needsApproval && isByKey)
        {
            throw new ControlRefusalException(ControlRefusalException.OwnApproval, "A key made this version, so its author may be you. Make a version as a user (PUT), and have another user approve it.");
        }

        if (step == CampaignStep.Activate && needsApproval && (campaign.State != ManagedCampaign.Approved || isByKey))
        {
            throw new ControlRefusalException(ControlRefusalException.ApprovalRequired, "A user must make the version, and another user must approve it first (settings.approval).");
        }

        await session.RunAsync($"UPDATE campaigns SET state = {step.To} WHERE name = {name}");
        if (step == CampaignStep.Approve)
        {
            await session.RunAsync($"UPDATE campaign_versions SET approved_by = {actor} WHERE name = {name} AND number = {version}");
        }
        else if (step == CampaignStep.Activate || step == CampaignStep.Archive)
        {
            await session.RunAsync($"UPDATE campaigns SET active_version = {(step == CampaignStep.Activate ? version : (long?)null)} WHERE name = {name}");
        }

        await RecordAsync(session, step.Action, name, version, "", actor, address);
    });

    /// <summary>Deletes a campaign and its versions.</summary>
    /// <exception cref="ControlRefusalException">A version is in force, or the version is out of date.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task DeleteAsync(string name, long version, string actor, string? address) => database.WriteAsync(async session =>
    {
        var campaign = (await ReadAsync(session, SqlPart.Of($"c.name = {name}"), 1)).FirstOrDefault();
        if (campaign?.Last.Number != version)
        {
            throw Changed();
        }

        if (campaign.ActiveVersion is not null)
        {
            throw new ControlRefusalException(ControlRefusalException.CampaignState, "A version of the campaign is in force. Archive it first.");
        }

        await session.RunAsync($"DELETE FROM campaign_versions WHERE name = {name}");
        await session.RunAsync($"DELETE FROM campaign_backtests WHERE campaign = {name}");
        await session.RunAsync($"DELETE FROM campaigns WHERE name = {name}");
        await RecordAsync(session, "campaign.delete", name, version, "", actor, address);
    });

    static ControlRefusalException Changed() => new(ControlRefusalException.CampaignChanged, "The campaign has another version now. Read it again, and send If-Match with its ETag.");

    static Task<List<ManagedCampaign>> ReadAsync(ControlSession session, SqlPart condition, int limit) => session.ListAsync(
        $"""
        SELECT v.number, v.definition, v.stores, v.starts_at, v.ends_at, v.reason, v.created_at, v.created_by, v.approved_by, c.name, c.state, c.active_version
        FROM campaigns c JOIN campaign_versions v ON v.name = c.name AND v.number = c.version WHERE {condition} ORDER BY c.created_at, c.name LIMIT {limit}
        """, row => new ManagedCampaign(row.Text(9), row.Text(10), row.NumberOrNull(11), Version(row, 0)));

    static CampaignVersion Version(ControlRow row, int at) => new(row.Number(at), new CampaignDraft(row.Text(at + 1), row.Text(at + 2).Split(' ', StringSplitOptions.RemoveEmptyEntries),
        row.TimeOrNull(at + 3), row.TimeOrNull(at + 4), row.Text(at + 5)), row.Time(at + 6), row.Text(at + 7), row.TextOrNull(at + 8));

    async Task RecordAsync(ControlSession session, string action, string name, long version, string reason, string actor, string? address)
    {
        await _audit.AppendAsync(session, new AuditEvent(actor, action, $"campaign:{name}", Details: string.Create(CultureInfo.InvariantCulture,
            $$"""{"version":{{version}},"reason":"{{JsonEncodedText.Encode(reason)}}"}"""))
        { Address = address });
        await session.MarkChangedAsync(Topic);
    }
}
