using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>
/// The SHA-256 of a key. A configuration may contain it instead of the key, as <c>sha256:</c> and 64 hexadecimal digits. Unsalted: it
/// protects only random keys.
/// </summary>
/// <param name="A">Bytes 0 to 7.</param>
/// <param name="B">Bytes 8 to 15.</param>
/// <param name="C">Bytes 16 to 23.</param>
/// <param name="D">Bytes 24 to 31.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct KeyHash(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>The prefix of a hash in a configuration.</summary>
    public const string Prefix = "sha256:";

    /// <summary>Computes the hash of a key.</summary>
    public static KeyHash Of(ReadOnlySpan<byte> utf8)
    {
        var hash = default(KeyHash);
        SHA256.HashData(utf8, MemoryMarshal.AsBytes(new Span<KeyHash>(ref hash)));
        return hash;
    }

    /// <summary>Creates a hash from its 32 bytes.</summary>
    public static KeyHash FromBytes(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<KeyHash>(bytes);

    /// <summary>Returns its 32 bytes.</summary>
    public byte[] ToBytes()
    {
        var hash = this;
        return MemoryMarshal.AsBytes(new ReadOnlySpan<KeyHash>(in hash)).ToArray();
    }

    /// <summary>Returns whether a configured key has the prefix of a hash. The hash may be malformed.</summary>
    public static bool IsHash(string configured) => configured.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Parses a hash as configured.</summary>
    public static bool TryParse(string configured, out KeyHash hash)
    {
        hash = default;
        return IsHash(configured) && configured.Length == Prefix.Length + (2 * SHA256.HashSizeInBytes)
            && Convert.FromHexString(configured.AsSpan(Prefix.Length), MemoryMarshal.AsBytes(new Span<KeyHash>(ref hash)), out _, out _)
                == System.Buffers.OperationStatus.Done;
    }

    /// <summary>Returns the hash of a key as configured: the key itself, or its hash.</summary>
    public static KeyHash OfConfigured(string configured) =>
        TryParse(configured, out var hash) ? hash : Of(Encoding.UTF8.GetBytes(configured));

    /// <summary>Formats the hash for a configuration.</summary>
    public override string ToString()
    {
        var hash = this;
        return Prefix + Convert.ToHexStringLower(MemoryMarshal.AsBytes(new ReadOnlySpan<KeyHash>(in hash)));
    }
}
