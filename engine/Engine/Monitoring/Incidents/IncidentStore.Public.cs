using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Monitoring.Incidents;

/// <content>What is public of incidents.</content>
public sealed partial class IncidentStore
{
    /// <summary>The kind of entries that the status page shows.</summary>
    public const string PublicKind = "public";

    Statement PublicIncidents => field ??= _database.Database.Prepare($"""
        SELECT id, state, affected, started_at, resolved_at FROM incidents
        WHERE (state < 2 OR resolved_at >= ?1) AND EXISTS (SELECT 1 FROM incident_entries WHERE incident = id AND kind = '{PublicKind}') ORDER BY id DESC LIMIT ?2
        """);

    Statement WithdrawUpdate => field ??= _database.Database.Prepare(
        $"UPDATE incident_entries SET kind = 'withdrawn' WHERE incident = ?1 AND number = ?2 AND kind = '{PublicKind}' RETURNING number");

    Statement FirstUpdate => field ??= _database.Database.Prepare($"SELECT at, text FROM incident_entries WHERE incident = ?1 AND kind = '{PublicKind}' ORDER BY number LIMIT 1");

    Statement LatestUpdates => field ??= _database.Database.Prepare($"SELECT at, text FROM incident_entries WHERE incident = ?1 AND kind = '{PublicKind}' ORDER BY number DESC LIMIT ?2");

    /// <summary>Withdraws a public update: it stays in the timeline, and is no longer public.</summary>
    /// <returns><see langword="false"/> if the incident has no such public entry.</returns>
    /// <exception cref="IOException">The database cannot be written.</exception>
    public bool Withdraw(long id, long number) => WithdrawUpdate.With(id).With(number).Number() is not null;

    /// <summary>Lists incidents with public updates that are not resolved, or were resolved lately, the newest first.</summary>
    /// <param name="resolvedSince">Only those that were not resolved before, in milliseconds since the Unix epoch.</param>
    /// <param name="limit">How many incidents.</param>
    /// <param name="updates">How many updates of each.</param>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public IReadOnlyList<PublicIncident> Public(long resolvedSince, int limit, int updates)
    {
        List<(long Id, IncidentState State, string[] Affected, long StartedAt, long? ResolvedAt)> found = [];
        PublicIncidents.With(resolvedSince).With((long)limit);
        while (PublicIncidents.Next())
        {
            found.Add((PublicIncidents.Long(0), (IncidentState)PublicIncidents.Int(1), Split(PublicIncidents.Text(2)), PublicIncidents.Long(3), PublicIncidents.LongOrNull(4)));
        }

        return found.ConvertAll(one => new PublicIncident(one.State, one.StartedAt, one.ResolvedAt, one.Affected,
            Updates(FirstUpdate.With(one.Id))[0], Updates(LatestUpdates.With(one.Id).With((long)updates))));
    }

    static List<PublicUpdate> Updates(Statement rows)
    {
        List<PublicUpdate> found = [];
        while (rows.Next())
        {
            found.Add(new PublicUpdate(rows.Long(0), rows.Text(1)));
        }

        return found;
    }
}
