using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Tests.Encryption;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Database;

/// <summary>The databases that every test of the control plane runs on.</summary>
public enum DatabaseKind
{
    Sqlite,
    Postgres,
}

/// <summary>A control database for each test, in each kind of database.</summary>
[TestFixture(DatabaseKind.Sqlite)]
[TestFixture(DatabaseKind.Postgres)]
[Parallelizable]
public abstract class ControlDatabaseFixture(DatabaseKind kind)
{
    // 1 January 2027.
    internal const long Start = 1_798_761_600_000;

    readonly List<ControlDatabase> _opened = [];
    string _address = "";

    protected DatabaseKind Kind => kind;

    internal Scratch Scratch { get; private set; } = null!;

    internal ManualTime Time { get; private set; } = null!;

    /// <summary>The database, open.</summary>
    internal ControlDatabase Control { get; private set; } = null!;

    /// <summary>The address of PostgreSQL's.</summary>
    protected string Address => _address;

    [SetUp]
    public async Task OpenDatabaseAsync()
    {
        Scratch = new Scratch();
        Time = new ManualTime(Start);
        _address = kind == DatabaseKind.Postgres ? await PostgresCluster.CreateControlDatabaseAsync() : "";
        Control = await OpenAsync();
    }

    [TearDown]
    public async Task CloseDatabaseAsync()
    {
        foreach (var database in _opened)
        {
            await database.DisposeAsync();
        }

        _opened.Clear();
        Scratch.Dispose();
    }

    /// <summary>Opens the database once more, as another engine or a command does.</summary>
    internal async Task<ControlDatabase> OpenAsync(byte[]? master = null, TimeProvider? time = null)
    {
        var database = Make(master, time);
        await database.OpenAsync();
        return database;
    }

    internal ControlDatabase Make(byte[]? master = null, TimeProvider? time = null)
    {
        PostgresAddress? address = null;
        Assert.That(kind == DatabaseKind.Sqlite || PostgresAddress.TryParse(_address, out address, out _));
        var database = address is null ? ControlDatabase.InFile(Scratch.PathOf("control.db"), master ?? TestKeys.Master, time ?? Time)
            : ControlDatabase.InPostgres(address, master ?? TestKeys.Master, time ?? Time);
        _opened.Add(database);
        return database;
    }
}
