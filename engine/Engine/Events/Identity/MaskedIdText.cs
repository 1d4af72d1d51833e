using System.Buffers.Text;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>
/// The form of the masked ids that the API shows to those who may not see personal data. Events with an id of this form are refused without decrypting it: senders
/// choose what they send, and a form costs nothing to check.
/// </summary>
public static class MaskedIdText
{
    /// <summary>Sizes of what a masked id consists of, in bytes: the nonce, the tag, and the blocks that an id is padded to.</summary>
    public const int NonceSize = 12, TagSize = 16, Block = 16;

    /// <summary>What masked ids begin with. They are longer than <see cref="EventSlab.MaxIdLength"/>, so that events with ordinary ids need not look.</summary>
    public static ReadOnlySpan<byte> Prefix => "masked."u8;

    /// <summary>Returns whether a text has the form of a masked id of any store.</summary>
    /// <param name="text">The text, in UTF-8.</param>
    public static bool IsMasked(ReadOnlySpan<byte> text) =>
        text.StartsWith(Prefix) && Base64Url.IsValid(text[Prefix.Length..], out var length) && IsLength(length);

    /// <inheritdoc cref="IsMasked(ReadOnlySpan{byte})"/>
    /// <param name="text">The text.</param>
    public static bool IsMasked(ReadOnlySpan<char> text) => text.StartsWith("masked.") && Base64Url.IsValid(text[Prefix.Length..], out var length) && IsLength(length);

    static bool IsLength(int bytes) => bytes >= NonceSize + TagSize + Block && (bytes - NonceSize - TagSize) % Block == 0;
}
