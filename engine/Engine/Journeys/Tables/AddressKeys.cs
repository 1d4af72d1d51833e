using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>
/// Computes the keys by which addresses are compared and not stored: HMAC-SHA-256 under a key of the folder, so that nobody can try addresses
/// out. Without keys, plain hashes. Thread-safe.
/// </summary>
/// <param name="keys">The folder's keys; <see langword="null"/> for none.</param>
public sealed class AddressKeys(KeyVault? keys)
{
    readonly byte[]? _secret = keys?.Derive("address keys");

    /// <summary>Returns a key per kind of address that identifies it; empty for a missing one.</summary>
    public Hash128[] AllOf(string store, Recipient? recipient) =>
        [Key(store, recipient?.Email), Key(store, recipient?.Phone), Key(store, recipient?.PushToken)];

    /// <summary>Returns the key of the address a message goes to; empty for none.</summary>
    public Hash128 Of(string store, Recipient? recipient) => Key(store, recipient?.Email ?? recipient?.Phone ?? recipient?.PushToken);

    /// <summary>Returns the key of an address. Tags after a plus sign and the case do not make another e-mail address of it.</summary>
    public Hash128 Of(string store, string address) =>
        Of(Hash128.Of(Encoding.UTF8.GetBytes($"{store} {WithoutTag(Fold(address))}"), seed: 0));

    /// <summary>Returns the key of an address from the hash that was its key before folders had keys.</summary>
    public Hash128 Of(in Hash128 hash)
    {
        if (_secret is null || hash == default)
        {
            return hash;
        }

        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, hash.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], hash.High);
        return Hmac(bytes);
    }

    /// <summary>Returns what stands for a folded address on the suppression list: the address itself without keys.</summary>
    internal Suppressed SuppressedOf(string folded) =>
        _secret is null ? new Suppressed(folded, default) : new Suppressed(Text: null, Hmac(Encoding.UTF8.GetBytes($"suppressed {folded}")));

    /// <summary>
    /// Returns an address folded, and as it may have been folded by earlier versions: a domain in letters, a number as it was written,
    /// letters and marks apart.
    /// </summary>
    internal static IEnumerable<string> Spellings(string address)
    {
        var folded = Fold(address);
        return folded.Contains('@', StringComparison.Ordinal) ? [folded, .. EmailText.FormerSpellings(folded)]
            : folded.StartsWith('+') ? [folded, .. PhoneText.FormerSpellings(folded)] : [folded];
    }

    /// <summary>Returns the address without its tag after a plus sign.</summary>
    internal static string WithoutTag(string value) =>
        value.LastIndexOf('@') is > 0 and var at && value.IndexOf('+', 1) is > 0 and var plus && plus < at ? value[..plus] + value[at..] : value;

    // E-mail addresses are compared without case and with the domain in ASCII, phone numbers in E.164; push tokens are compared as they are.
    internal static string Fold(string value) => value.Contains('@', StringComparison.Ordinal) ? EmailText.Fold(value)
        : value.StartsWith('+') ? PhoneText.ToE164(value, country: null) ?? string.Concat("+", string.Concat(value.Where(char.IsAsciiDigit))) : value;

    Hash128 Key(string store, string? value) => value is null ? default : Of(store, value);

    Hash128 Hmac(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret!, text, hash);
        return new Hash128(BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]));
    }
}

/// <summary>What stands for an address on the suppression list: a text, or a key.</summary>
readonly record struct Suppressed(string? Text, Hash128 Key);
