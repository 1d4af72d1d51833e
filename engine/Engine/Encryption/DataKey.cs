namespace CartRecovery.Engine.Encryption;

/// <summary>A random key of 256 bits that encrypts data. It is on disk before it is used.</summary>
/// <param name="Number">Its place in the <see cref="KeyVault"/>; never given twice.</param>
/// <param name="Bytes">The key. Must not be modified.</param>
public sealed record DataKey(long Number, byte[] Bytes)
{
    /// <summary>Length of a key in bytes.</summary>
    public const int Size = 32;

    // Leaves the number of the key alone: nobody prints the key itself by accident.
    /// <inheritdoc/>
    public override string ToString() => $"key {Number:x}";
}
