namespace CartRecovery.Engine.Encryption;

/// <summary>A random 256-bit key that encrypts data. It is durable before it is used.</summary>
/// <param name="Number">The key's number in the <see cref="KeyVault"/>; never reused.</param>
/// <param name="Bytes">The key. Must not be modified.</param>
public sealed record DataKey(long Number, byte[] Bytes)
{
    /// <summary>Length of a key in bytes.</summary>
    public const int Size = 32;

    // Returns the number only, so that a log line cannot contain the key.
    /// <inheritdoc/>
    public override string ToString() => $"key {Number:x}";
}
