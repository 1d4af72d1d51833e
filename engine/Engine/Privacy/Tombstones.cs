using System.Runtime.InteropServices;
using System.Text;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Stores the keyed hashes of erased people in the control database, and loads them into memory. All engines that share the database refuse
/// their events. Thread-safe.
/// </summary>
/// <param name="database">The database.</param>
public sealed class Tombstones(ControlDatabase database)
{
    /// <summary>Maximum number of erased people.</summary>
    public const int Max = 1_000_000;

    /// <summary>The topic that changes mark in <see cref="ControlChanges"/>.</summary>
    internal const string Topic = "tombstones";

    const int KeySize = 16;

    readonly Lazy<KeyedHash> _hash = new(() => new KeyedHash(database.Keys.Derive("forgotten people").AsSpan(0, KeySize)));

    /// <summary>The erased people in memory.</summary>
    public ForgottenPeople People { get; } = new();

    /// <summary>Called when the erased people have changed, and at the start. Must not block.</summary>
    public Action? OnChange { get; set; }

    /// <summary>Lists the tombstones, to keep them outside of the database.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<Tombstone>> ListAsync(CancellationToken cancellation = default) => database.ReadAsync(session => session.ListAsync(
        $"SELECT store, person, created_at FROM tombstones ORDER BY store, person LIMIT {Max}", row => new Tombstone(row.Text(0), row.Bytes(1), row.Time(2))), cancellation);

    /// <summary>Registers the tombstones for reloads.</summary>
    public void Follow() => database.Changes.Follow(Topic, LoadAsync);

    /// <summary>Returns the keyed hash that identifies a user of a store.</summary>
    public byte[] HashOf(string store, string userId)
    {
        var key = ForgottenPeople.KeyOf(_hash.Value, Encoding.UTF8.GetBytes(store), Encoding.UTF8.GetBytes(userId));
        return MemoryMarshal.AsBytes(new ReadOnlySpan<Hash128>(in key)).ToArray();
    }

    /// <summary>Returns the name of a user in the audit log and in receipts: the keyed hash.</summary>
    public static string NameOf(byte[] hash) => $"person:{Convert.ToHexStringLower(hash)}";

    /// <summary>Returns whether a user has a tombstone.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<bool> HasAsync(string store, string userId, CancellationToken cancellation = default)
    {
        var hash = HashOf(store, userId);
        return await database.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM tombstones WHERE store = {store} AND person = {hash}"), cancellation) > 0;
    }

    async Task LoadAsync(CancellationToken cancellation)
    {
        var keys = await database.ReadAsync(session => session.ListAsync($"SELECT person FROM tombstones LIMIT {Max}", row => MemoryMarshal.Read<Hash128>(row.Bytes(0))), cancellation);
        People.Replace(_hash.Value, [.. keys]);
        OnChange?.Invoke();
    }
}
