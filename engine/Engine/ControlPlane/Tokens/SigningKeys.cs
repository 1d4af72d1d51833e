using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Tokens;

/// <summary>A key that signs access tokens.</summary>
/// <param name="Id">The key's id, the <c>kid</c> in a token's footer.</param>
/// <param name="Public">The public key.</param>
/// <param name="Private">The private key.</param>
/// <param name="From">The first time at which it signs.</param>
/// <param name="Until">The end of its signing period, exclusive.</param>
public sealed record SigningKey(string Id, byte[] Public, byte[] Private, DateTimeOffset From, DateTimeOffset Until);

/// <summary>
/// Stores and rotates the keys that sign access tokens; private keys are encrypted. A key signs for <see cref="Life"/>. The next key is
/// created <see cref="Ahead"/> of its use, so that every engine has it in time. A retired key verifies tokens until the last one it signed has expired.
/// </summary>
/// <param name="database">The database.</param>
public sealed class SigningKeys(ControlDatabase database)
{
    /// <summary>Signing period of a key.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(30);

    /// <summary>How long before its use the next key is created.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromDays(1);

    // Retired keys are kept longer than a token lives.
    static readonly TimeSpan s_retention = TimeSpan.FromHours(1);

    const int MaxKeys = 16;

    /// <summary>Creates the next key when it is due, and deletes keys whose tokens have all expired.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task RotateAsync(CancellationToken cancellation = default)
    {
        if (await database.ReadAsync(session => session.NumberAsync($"SELECT COUNT(*) FROM signing_keys WHERE signs_until < {database.Time.GetUtcNow() - s_retention}"), cancellation) > 0)
        {
            await database.WriteAsync(async session =>
            {
                await session.RunAsync($"DELETE FROM signing_keys WHERE signs_until < {database.Time.GetUtcNow() - s_retention}");
                await session.MarkChangedAsync(Users.UserStore.Topic);
            }, cancellation);
        }

        if (await database.ReadAsync(NextAsync, cancellation) is null)
        {
            return;
        }

        await database.WriteAsync(async session =>
        {
            // Check again inside the transaction: another engine may have created it.
            if (await NextAsync(session) is not { } from)
            {
                return;
            }

            var id = Guid.CreateVersion7().ToString("n");
            var (publicKey, privateKey) = Paseto.MakeKeys();
            await session.RunAsync($"""
                INSERT INTO signing_keys (id, public_key, private_key, signs_from, signs_until)
                VALUES ({id}, {publicKey}, {database.Keys.Seal(privateKey, PlaceOf(id))}, {from}, {from + Life})
                """);
            await new AuditLog(database).AppendAsync(session, new AuditEvent(AuditEvent.Engine, "signing_key.rotate", $"signing_key:{id}"));
            await session.MarkChangedAsync(Users.UserStore.Topic);
        }, cancellation);
    }

    /// <summary>Reads the keys in a transaction, the newest first.</summary>
    internal Task<List<SigningKey>> ReadAsync(ControlSession session) => session.ListAsync(
        $"SELECT id, public_key, private_key, signs_from, signs_until FROM signing_keys ORDER BY signs_from DESC LIMIT {MaxKeys}",
        row => new SigningKey(row.Text(0), row.Bytes(1), database.Keys.OpenBytes(row.Bytes(2), PlaceOf(row.Text(0))), row.Time(3), row.Time(4)));

    // Returns when the next key starts to sign; null if it exists already.
    async Task<DateTimeOffset?> NextAsync(ControlSession session)
    {
        var now = database.Time.GetUtcNow();
        var until = await session.NumberAsync($"SELECT MAX(signs_until) FROM signing_keys") is { } end ? DateTimeOffset.FromUnixTimeMilliseconds(end) : now;
        return until - now > Ahead ? null : until < now ? now : until;
    }

    static string PlaceOf(string id) => $"signing_keys.private_key:{id}";
}
