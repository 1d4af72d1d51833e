using System.Buffers.Text;

namespace CartRecovery.Engine.ControlPlane.Tokens;

/// <summary>Decodes base64url (RFC 4648, section 5) strictly: unpadded and canonical. Otherwise several texts would be the same token.</summary>
static class Base64UrlText
{
    /// <summary>Decodes a text.</summary>
    /// <returns><see langword="false"/> if the text has other characters, padding, or non-zero trailing bits.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.ContainsAnyExcept(s_alphabet) || !Base64Url.IsValid(text, out var length))
        {
            return false;
        }

        bytes = new byte[length];
        return Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == length && text.SequenceEqual(Base64Url.EncodeToString(bytes));
    }

    static readonly System.Buffers.SearchValues<char> s_alphabet =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}
