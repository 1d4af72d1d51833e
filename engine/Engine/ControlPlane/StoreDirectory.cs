using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Engine.ControlPlane;

/// <summary>The shops of the configuration and their keys. Immutable, so any thread may ask.</summary>
public sealed class StoreDirectory
{
    const int LongestKey = 128;

    readonly Dictionary<KeyHash, StoreKey> _keys = [];

    /// <summary>Makes a directory.</summary>
    /// <param name="stores">The shops; each one's index is its place.</param>
    /// <param name="keys">Their keys, in UTF-8, and what each allows.</param>
    /// <exception cref="ArgumentException">Two keys are the same.</exception>
    public StoreDirectory(IReadOnlyList<Store> stores, IEnumerable<(byte[] Utf8, StoreKey Allows)> keys)
    {
        Stores = stores;
        foreach (var (utf8, allows) in keys)
        {
            _keys.Add(KeyHash.Of(utf8), allows);
        }
    }

    /// <summary>The shops; each one's index is its place.</summary>
    public IReadOnlyList<Store> Stores { get; }

    /// <summary>The shop of that name.</summary>
    public Store? FindStore(string id) => Stores.FirstOrDefault(store => store.Id == id);

    /// <summary>
    /// What the key allows; <see langword="null"/> for an unknown one. Keys are looked up by their SHA-256, so how long that takes
    /// says nothing about how near a guess is.
    /// </summary>
    public StoreKey? FindKey(ReadOnlySpan<byte> utf8) =>
        utf8.Length <= LongestKey && _keys.TryGetValue(KeyHash.Of(utf8), out var key) ? key : null;

    /// <inheritdoc cref="FindKey(ReadOnlySpan{byte})"/>
    public StoreKey? FindKey(ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[LongestKey];
        return Encoding.UTF8.TryGetBytes(text, utf8, out var length) ? FindKey(utf8[..length]) : null;
    }

    /// <summary>The SHA-256 of a key.</summary>
    [StructLayout(LayoutKind.Sequential)]
    readonly record struct KeyHash(ulong A, ulong B, ulong C, ulong D)
    {
        public static KeyHash Of(ReadOnlySpan<byte> key)
        {
            var hash = default(KeyHash);
            SHA256.HashData(key, MemoryMarshal.AsBytes(new Span<KeyHash>(ref hash)));
            return hash;
        }
    }
}
