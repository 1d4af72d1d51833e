using CartRecovery.Contracts;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>Stores what customers said about channels, word for word and for good: the proof of a consent. At most so many records of an owner.</summary>
public sealed class ConsentTable
{
    /// <summary>Maximum number of records of a customer, or of a cart. The oldest go first.</summary>
    public const int MaxOfOwner = 1000;

    readonly Statement _add, _count, _trim, _of;

    internal ConsentTable(Database database)
    {
        _add = database.Prepare("""
            INSERT OR IGNORE INTO consent_record(owner, at, event, store, address, granted, received_at, expires, standing, source, purpose, text_version)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            """);
        _count = database.Prepare("SELECT count(*) FROM consent_record WHERE owner=?1");
        _trim = database.Prepare("DELETE FROM consent_record WHERE (owner, at, event) IN (SELECT owner, at, event FROM consent_record WHERE owner=?1 ORDER BY at LIMIT 1)");
        _of = database.Prepare("""
            SELECT address, granted, at, received_at, expires, standing, source, purpose, text_version FROM consent_record WHERE owner=?1 ORDER BY at, event
            """);
    }

    /// <summary>Adds a record. Idempotent.</summary>
    /// <param name="owner">The customer, or the cart.</param>
    /// <param name="e">The event's key.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="kind">The channel's kind of address.</param>
    /// <param name="record">The record.</param>
    public void Add(in Hash128 owner, in Hash128 e, string store, AddressKind kind, ConsentRecord record)
    {
        var added = _add.With(owner).With(record.At).With(e).With(store).With((long)kind).With(record.Granted).With(record.ReceivedAt).With(record.ExpiresAt).With((long)record.Standing)
            .With(record.Source).With(record.Purpose).With(record.TextVersion).Run();
        if (added > 0 && _count.With(owner).Number() > MaxOfOwner)
        {
            _trim.With(owner).Run();
        }
    }

    /// <summary>Returns an owner's records, the oldest first.</summary>
    public List<ConsentRecord> Of(in Hash128 owner)
    {
        var found = new List<ConsentRecord>();
        for (_of.With(owner); _of.Next();)
        {
            found.Add(new ConsentRecord(ChannelOf((AddressKind)_of.Int(0)), _of.Long(1) != 0, _of.Long(2), _of.Long(3), _of.Long(4), (Standing)_of.Int(5), _of.Text(6), _of.TextOrNull(7), _of.TextOrNull(8)));
        }

        return found;
    }

    /// <summary>Returns the channel of a kind of address, as events name it.</summary>
    public static string ChannelOf(AddressKind kind) => kind switch { AddressKind.Email => "email", AddressKind.Phone => "sms", _ => "push" };
}
