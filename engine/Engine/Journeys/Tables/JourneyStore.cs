using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Journeys.Orders;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>
/// Stores customers, journeys, messages and orders in SQLite. Used by the journey thread only; readers open connections of their own.
/// </summary>
public sealed class JourneyStore : IDisposable
{
    // A purge deletes 500 ended journeys at a time.
    static readonly string s_ended = $"SELECT id FROM journey WHERE started_at<?1 AND state<>{JourneyState.Active:D} LIMIT 500";

    readonly Statement _position, _setPosition, _begin, _commit, _stop;
    readonly Statement[] _purge;
    readonly RetentionTable _retention;
    readonly HashSet<(string Campaign, string Variant)> _isStopped = [];

    /// <summary>Opens the database, and creates it if it does not exist.</summary>
    /// <param name="path">The file; <c>:memory:</c> for an in-memory database.</param>
    /// <param name="keys">Encrypt personal data; <see langword="null"/> to store it as it is, and to read none that is encrypted.</param>
    /// <exception cref="IOException">The database cannot be used.</exception>
    public JourneyStore(string path, KeyVault? keys = null)
    {
        Database = new Database(path);
        JourneySchema.Ensure(Database);
        Addresses = new AddressKeys(keys);
        People = new PersonTable(Database, keys);
        if (keys is not null)
        {
            PlaintextSealing.Run(Database, People, Addresses);
        }

        var contents = new ContentTable(Database, People);
        var filter = new ShopperFilter(Database);
        Customers = new CustomerTables(Database, filter, People, Addresses);
        Journeys = new JourneyTable(Database, contents, filter);
        Messages = new MessageTable(Database, contents, filter, Addresses);
        Conversions = new ConversionTable(Database);
        Products = new ProductTable(Database);
        Unproven = new UnprovenTable(Database);
        Codes = new CodeTable(Database);
        Pauses = new PauseTable(Database);
        Orders = new OrderTable(Database);
        Refunds = new RefundTable(Database);
        SoftBounces = new SoftBounceTable(Database);
        MergedCarts = new MergedCartTable(Database);
        Offers = new OfferTable(Database);
        Exposures = new ExposureTable(Database);
        Consents = new ConsentTable(Database);
        _retention = new RetentionTable(Database);
        _begin = Database.Prepare("BEGIN IMMEDIATE");
        _commit = Database.Prepare("COMMIT");
        _position = Database.Prepare("SELECT address FROM position WHERE partition=?1");
        _setPosition = Database.Prepare(
            "INSERT INTO position(partition, address) VALUES(?1, ?2) ON CONFLICT(partition) DO UPDATE SET address=max(address, excluded.address)");
        _stop = Database.Prepare("INSERT OR IGNORE INTO stopped(campaign, variant, at, why) VALUES(?1, ?2, ?3, ?4)");
        using var stopped = new Query(Database, "SELECT campaign, variant FROM stopped");
        while (stopped.Rows.Next())
        {
            _isStopped.Add((stopped.Rows.Text(0), stopped.Rows.Text(1)));
        }

        _purge =
        [
            Database.Prepare($"DELETE FROM intervention WHERE journey IN ({s_ended})"),
            Database.Prepare($"DELETE FROM conversion WHERE journey IN ({s_ended})"),
            Database.Prepare($"""
                DELETE FROM content WHERE id IN (SELECT c.id
                    FROM journey j JOIN content c ON c.id BETWEEN j.id<<{ContentTable.StepBits} AND (j.id<<{ContentTable.StepBits})+{(1 << ContentTable.StepBits) - 1}
                    WHERE j.id IN ({s_ended}))
                """),
            Database.Prepare($"DELETE FROM journey WHERE id IN ({s_ended})"),

            // Orders of experiments alone, the oldest first.
            Database.Prepare("DELETE FROM conversion WHERE rowid IN (SELECT rowid FROM (SELECT rowid, at FROM conversion WHERE journey=0 ORDER BY rowid LIMIT 500) WHERE at<?1)"),
        ];
    }

    /// <summary>The database.</summary>
    public Database Database { get; }

    /// <summary>People's keys.</summary>
    public PersonTable People { get; }

    /// <summary>The keys of addresses.</summary>
    public AddressKeys Addresses { get; }

    public CustomerTables Customers { get; }

    public JourneyTable Journeys { get; }

    public MessageTable Messages { get; }

    public ConversionTable Conversions { get; }

    public ProductTable Products { get; }

    public UnprovenTable Unproven { get; }

    public CodeTable Codes { get; }

    public PauseTable Pauses { get; }

    public OrderTable Orders { get; }

    public RefundTable Refunds { get; }

    public SoftBounceTable SoftBounces { get; }

    public MergedCartTable MergedCarts { get; }

    public OfferTable Offers { get; }

    public ExposureTable Exposures { get; }

    /// <summary>What customers said about channels.</summary>
    public ConsentTable Consents { get; }

    /// <summary>Begins a transaction.</summary>
    public void Begin() => _begin.Run();

    /// <summary>Commits the transaction. Survives a process crash; a power loss only after the next sync.</summary>
    public void Commit() => _commit.Run();

    /// <summary>Rolls the transaction back.</summary>
    public void RollBack()
    {
        try
        {
            Database.Execute("ROLLBACK");
        }
        catch (IOException)
        {
            // SQLite has already rolled back.
        }
    }

    /// <summary>Returns the journal address up to which a partition's entries are processed; null if none was.</summary>
    public long? PositionOf(int partition) => _position.With((long)partition).Number();

    /// <summary>Sets the journal address up to which a partition's entries are processed.</summary>
    public void SetPosition(int partition, long address) => _setPosition.With((long)partition).With(address).Run();

    /// <summary>
    /// Adapts the database to partitions that were written anew: their readers begin at the beginning, under new keys if a map is given.
    /// Repeatable. Open the database again afterwards.
    /// </summary>
    /// <param name="keys">An SQLite file with a table <c>keys</c> of <c>former</c> and <c>key</c>; <see langword="null"/> if keys stay.</param>
    /// <exception cref="IOException">A file cannot be used.</exception>
    public void Repartition(string? keys)
    {
        if (keys is not null)
        {
            KeyChange.Apply(Database, keys);
        }

        Database.Execute("DELETE FROM position");
        Database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// <summary>Stops a variant of an experiment: it gets no more shoppers.</summary>
    public void Stop(string campaign, string variant, string why, long now)
    {
        _stop.With(campaign).With(variant).With(now).With(why).Run();
        _isStopped.Add((campaign, variant));
    }

    /// <summary>Returns <see langword="true"/> if the variant was stopped.</summary>
    public bool IsStopped(string campaign, string variant) => _isStopped.Contains((campaign, variant));

    /// <summary>Deletes some of the ended journeys that are too old.</summary>
    /// <param name="before">Journeys that started before this time (ms since 1970 UTC).</param>
    public void Purge(long before)
    {
        foreach (var statement in _purge)
        {
            statement.With(before).Run();
        }

        Customers.PurgePurchases(before);
        Products.PurgeClaims(before);
        Unproven.Purge(before);
        Codes.Purge(before);
        Orders.Purge(before);
        Refunds.Purge(before);
        SoftBounces.Purge(before);
        MergedCarts.Purge(before);
    }

    /// <summary>Deletes some of the addresses and records of consents that are too old.</summary>
    /// <param name="contactsBefore">Those that were last changed before this time (ms since 1970 UTC); <see langword="null"/> for none.</param>
    /// <param name="consentsBefore">Records from before this time.</param>
    public void PurgePeople(long? contactsBefore, long? consentsBefore)
    {
        if (contactsBefore is { } contacts)
        {
            _retention.PurgeContacts(contacts);
        }

        if (consentsBefore is { } consents)
        {
            _retention.PurgeRecords(consents);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Database.Dispose();
}
