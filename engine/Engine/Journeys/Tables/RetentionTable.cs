using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>Deletes addresses and records of consents that are too old, of the next thousand owners at a time: an index by time would cost more.</summary>
public sealed class RetentionTable
{
    const string Owners = "owner>coalesce(?1, x'') AND (?2 IS NULL OR owner<=?2)";

    readonly Statement _contactAfter, _purgeContacts, _recordAfter, _purgeRecords;
    Hash128 _contactsUpTo, _recordsUpTo;

    internal RetentionTable(Database database)
    {
        _contactAfter = database.Prepare("SELECT owner FROM contact WHERE owner>coalesce(?1, x'') ORDER BY owner LIMIT 1 OFFSET 999");
        _purgeContacts = database.Prepare($"DELETE FROM contact WHERE {Owners} AND at<?3");
        _recordAfter = database.Prepare("SELECT owner FROM consent_record WHERE owner>coalesce(?1, x'') ORDER BY owner LIMIT 1 OFFSET 999");

        // The latest word on a channel is the proof of the consent in force.
        _purgeRecords = database.Prepare($"DELETE FROM consent_record WHERE {Owners} AND at<?3 AND {IsReplaced}");
    }

    /// <summary>The condition of a record that a later one of the same channel replaces.</summary>
    internal static string IsReplaced =>
        "EXISTS(SELECT 1 FROM consent_record n WHERE n.owner=consent_record.owner AND n.address=consent_record.address AND n.at>consent_record.at)";

    /// <summary>Deletes addresses, time zones and attributes that were last changed before a time (ms since 1970 UTC).</summary>
    internal void PurgeContacts(long before) => _contactsUpTo = Purge(_contactAfter, _purgeContacts, _contactsUpTo, before);

    /// <summary>Deletes records of consents from before a time (ms since 1970 UTC), except the latest of each channel.</summary>
    internal void PurgeRecords(long before) => _recordsUpTo = Purge(_recordAfter, _purgeRecords, _recordsUpTo, before);

    static Hash128 Purge(Statement after, Statement purge, in Hash128 from, long before)
    {
        var end = default(Hash128);
        if (after.With(from).Next())
        {
            end = after.Key(0);
            after.Reset();
        }

        purge.With(from).With(end).With(before).Run();
        return end;
    }
}
