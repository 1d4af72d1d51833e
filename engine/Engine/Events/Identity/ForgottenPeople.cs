using System.Text;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>
/// The people whose events are refused, as keyed hashes of (store, user id): nobody can tell who they are, but whether an id is one of them. Any thread.
/// </summary>
public sealed class ForgottenPeople
{
    const int MaxInput = byte.MaxValue + 1 + EventSlab.MaxIdLength;

    volatile Content? _content;

    /// <summary>Whether nobody is forgotten. Costs one read.</summary>
    public bool IsEmpty => _content is null;

    /// <summary>The number of people.</summary>
    public int Count => _content?.Keys.Count ?? 0;

    /// <summary>Replaces the people.</summary>
    /// <param name="hash">Computes their keys.</param>
    /// <param name="keys">Their keys: <see cref="KeyOf"/>.</param>
    public void Replace(KeyedHash hash, HashSet<Hash128> keys) => _content = keys.Count == 0 ? null : new Content(hash, keys);

    /// <summary>Returns whether a user of a store is forgotten.</summary>
    /// <param name="storeId">The store's id, in UTF-8.</param>
    /// <param name="userId">The user's id as it was sent, in UTF-8.</param>
    public bool Contains(ReadOnlySpan<byte> storeId, ReadOnlySpan<byte> userId) =>
        !userId.IsEmpty && _content is { } content && content.Keys.Contains(KeyOf(content.Hash, storeId, userId));

    /// <summary>Computes the key of a user of a store.</summary>
    /// <param name="hash">The keyed hash.</param>
    /// <param name="storeId">The store's id, in UTF-8, at most 255 bytes.</param>
    /// <param name="userId">The user's id as it was sent, in UTF-8. A long id has the key of its short form.</param>
    public static Hash128 KeyOf(KeyedHash hash, ReadOnlySpan<byte> storeId, ReadOnlySpan<byte> userId)
    {
        Span<byte> input = stackalloc byte[MaxInput];
        storeId.CopyTo(input);
        input[storeId.Length] = 0;
        var id = input[(storeId.Length + 1)..];
        var length = userId.Length;
        if (length > EventSlab.MaxIdLength)
        {
            length = LongId.Shorten(userId, id);
        }
        else
        {
            userId.CopyTo(id);
        }

        return hash.Of(input[..(storeId.Length + 1 + length)]);
    }

    /// <summary>Returns an id as events and records have it: a long one in its short form.</summary>
    public static string ShortForm(string userId)
    {
        var bytes = Encoding.UTF8.GetBytes(userId);
        if (bytes.Length <= EventSlab.MaxIdLength)
        {
            return userId;
        }

        Span<byte> target = stackalloc byte[EventSlab.MaxIdLength];
        return Encoding.UTF8.GetString(target[..LongId.Shorten(bytes, target)]);
    }

    /// <summary>Returns whether an id is a placeholder, such as <c>null</c>: an event that has it names nobody.</summary>
    public static bool IsNobody(string userId) => userId.Length == 0 || PlaceholderIds.Contains(Encoding.UTF8.GetBytes(userId));

    sealed record Content(KeyedHash Hash, HashSet<Hash128> Keys);
}
