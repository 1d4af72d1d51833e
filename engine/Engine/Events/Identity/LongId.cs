using System.Buffers.Text;
using System.Security.Cryptography;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>
/// Shortens ids beyond what records hold: the first characters, a tilde, and the SHA-256 of the whole. Shops can compute it, two ids never
/// have the same one, and the short form of a short form is itself.
/// </summary>
static class LongId
{
    // 43 characters of base64url and the tilde.
    const int Prefix = EventSlab.MaxIdLength - 44;

    /// <summary>Writes the short form of an id.</summary>
    /// <param name="id">The id, in UTF-8: more than 64 bytes.</param>
    /// <param name="target">Receives up to 64 bytes. May overlap the id.</param>
    /// <returns>The bytes written.</returns>
    public static int Shorten(ReadOnlySpan<byte> id, Span<byte> target)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(id, hash);
        var length = Prefix;
        while ((id[length] & 0xc0) == 0x80)
        {
            // Not within a character.
            length--;
        }

        id[..length].CopyTo(target);
        target[length++] = (byte)'~';
        return length + Base64Url.EncodeToUtf8(hash, target[length..]);
    }
}
