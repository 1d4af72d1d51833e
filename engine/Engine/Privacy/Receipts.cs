using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Tokens;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Signs what the engine certifies, and verifies it: PASETO v4.public with the JSON as the message and the key's id in the footer. The keys are those of access
/// tokens; their public halves are kept for good. The implicit assertion tells receipts from access tokens.
/// </summary>
/// <param name="database">The database.</param>
public sealed class Receipts(ControlDatabase database)
{
    /// <summary>Maximum length of a receipt, in characters.</summary>
    public const int MaxLength = 1 << 20;

    static readonly byte[] s_assertion = Encoding.UTF8.GetBytes("""{"aud":"cartrecovery receipts"}""");

    /// <summary>Signs a message in a transaction.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="message">The message: a JSON object.</param>
    /// <exception cref="ControlDatabaseException">The database failed, or has no key.</exception>
    public async Task<string> SignAsync(ControlSession session, byte[] message)
    {
        var now = database.Time.GetUtcNow();
        var key = (await new SigningKeys(database).ReadAsync(session)).Where(key => key.From <= now && now < key.Until).MaxBy(key => key.From)
            ?? throw new ControlDatabaseException(ControlDatabaseException.Failed, $"{database.Name} has no key to sign with; the engine makes one at its start and every hour");
        await session.RunAsync($"INSERT INTO receipt_keys (id, public_key, created_at) VALUES ({key.Id}, {key.Public}, {now}) ON CONFLICT (id) DO NOTHING");
        return Paseto.Sign(message, key.Private, Encoding.UTF8.GetBytes($$"""{"kid":"{{key.Id}}"}"""), s_assertion);
    }

    /// <summary>Signs a message.</summary>
    /// <inheritdoc cref="SignAsync(ControlSession, byte[])"/>
    public Task<string> SignAsync(byte[] message, CancellationToken cancellation = default) => database.WriteAsync(session => SignAsync(session, message), cancellation);

    /// <summary>Verifies a receipt with the kept key that it names.</summary>
    /// <returns>The message, and the key's id and public half; <see langword="null"/> if the receipt was altered, or another installation signed it.</returns>
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

    /// <summary>Verifies a receipt with a public key, such as one that was noted elsewhere.</summary>
    /// <returns>The message; <see langword="null"/> if it is not of the key.</returns>
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
