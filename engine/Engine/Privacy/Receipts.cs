using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Tokens;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Signs and verifies receipts: PASETO v4.public with a JSON message and the key's id in the footer. Uses the signing keys of access
/// tokens, and keeps their public keys for good. The implicit assertion tells receipts from access tokens. Thread-safe.
/// </summary>
/// <param name="database">The database.</param>
public sealed class Receipts(ControlDatabase database)
{
    /// <summary>Maximum length of a receipt, in characters.</summary>
    public const int MaxLength = 1 << 20;

    static readonly byte[] s_assertion = Encoding.UTF8.GetBytes("""{"aud":"cartrecovery receipts"}""");

    /// <summary>Signs a message in a transaction.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="message">The message, a JSON object.</param>
    /// <exception cref="ControlDatabaseException">The database failed, or has no signing key.</exception>
    public async Task<string> SignAsync(ControlSession session, byte[] message)
    {
        var now = database.Time.GetUtcNow();
        var key = (await new SigningKeys(database).ReadAsync(session)).Where(key => key.From <= now && now < key.Until).MaxBy(key => key.From)
            ?? throw new ControlDatabaseException(ControlDatabaseException.Failed, $"{database.Name} has no signing key; the engine creates one at its start and every hour");
        await session.RunAsync($"INSERT INTO receipt_keys (id, public_key, created_at) VALUES ({key.Id}, {key.Public}, {now}) ON CONFLICT (id) DO NOTHING");
        return Paseto.Sign(message, key.Private, Encoding.UTF8.GetBytes($$"""{"kid":"{{key.Id}}"}"""), s_assertion);
    }

    /// <summary>Signs a message in a transaction of its own.</summary>
    /// <inheritdoc cref="SignAsync(ControlSession, byte[])"/>
    public Task<string> SignAsync(byte[] message, CancellationToken cancellation = default) => database.WriteAsync(session => SignAsync(session, message), cancellation);

    /// <summary>Verifies a receipt with the stored key that its footer names.</summary>
    /// <returns>The message, the key's id and the public key; <see langword="null"/> if the receipt was altered, or another installation signed it.</returns>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public async Task<(byte[] Message, string Key, byte[] PublicKey)?> VerifyAsync(string receipt, CancellationToken cancellation = default)
    {
        if (Paseto.FooterOf(receipt, MaxLength) is not { } footer || KeyOf(footer) is not { } id)
        {
            return null;
        }

        var key = await database.ReadAsync(session => session.FirstAsync($"SELECT public_key FROM receipt_keys WHERE id = {id}", row => row.Bytes(0)), cancellation);
        return key is not null && Verify(receipt, key) is { } message ? (message, id, key) : null;
    }

    /// <summary>Verifies a receipt with a given public key.</summary>
    /// <returns>The message; <see langword="null"/> if the key did not sign the receipt.</returns>
    public static byte[]? Verify(string receipt, byte[] publicKey) => Paseto.Verify(receipt, publicKey, s_assertion, MaxLength);

    static string? KeyOf(byte[] footer)
    {
        try
        {
            using var document = JsonDocument.Parse(footer);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("kid", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
