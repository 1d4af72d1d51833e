using System.Diagnostics;
using System.Runtime.CompilerServices;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events.Slabs;

/// <summary>
/// A pooled batch of events for one partition, in order of arrival: the unit in which events move. Sources that are read by one thread
/// share slabs, so a slab consists of runs of one source's events. Owned by one thread at a time; the partition's inbox publishes its
/// contents on handover.
/// </summary>
public sealed class EventSlab
{
    /// <summary>Maximum number of events in a slab.</summary>
    public const int Capacity = 256;

    /// <summary>Maximum length of an id, in bytes of UTF-8.</summary>
    public const int MaxIdLength = 64;

    /// <summary>The maximum length of an id as it is sent, in bytes. Longer ones than <see cref="MaxIdLength"/> are shortened: <see cref="LongId"/>.</summary>
    public const int MaxSentIdLength = 256;

    /// <summary>Initial text capacity: a full slab of typical ids (36 characters), or any event within the default limit.</summary>
    public const int TextCapacity = 32 * 1024;

    public readonly EventRecord[] Records = new EventRecord[Capacity];

    /// <summary>The events' texts. Longer than <see cref="TextCapacity"/> only while it holds an oversized event, or encrypted metas.</summary>
    public byte[] Text { get; private set; } = new byte[TextCapacity];

    /// <summary>The number of events.</summary>
    public int Count;

    /// <summary>The used bytes of <see cref="Text"/>.</summary>
    public int TextLength;

    SourceRun[] _runs = new SourceRun[1];
    List<PlainMeta>? _plain;
    int _runCount;

    /// <summary>The runs of events by source, in order. An event after the last run has no source.</summary>
    public ReadOnlySpan<SourceRun> Runs => _runs.AsSpan(0, _runCount);

    /// <summary>Whether events were appended since the last run ended.</summary>
    public bool IsInRun => Count > (_runCount == 0 ? 0 : _runs[_runCount - 1].End);

    /// <summary>The span of its HTTP request; default for none.</summary>
    public ActivityContext Request;

    /// <summary>The version of the journal's block that its events were read from; 0 for events that arrive.</summary>
    public byte JournalVersion;

    /// <summary>Whether its events are replayed from a journal, which says which of them were foreign.</summary>
    public bool IsReplayed => JournalVersion != 0;

    /// <summary>Whether they were journaled before amounts of two currencies were kept apart, and before orders had ids.</summary>
    public bool PredatesCurrencies => JournalVersion is > 0 and < 4;

    /// <summary>Whether they were journaled before events had a standing, when any event could change any cart of its store.</summary>
    public bool PredatesStanding => JournalVersion == 1;

    /// <summary>Whether some event's meta holds personal data in plaintext: <see cref="PersonalMeta"/>. Set for events that arrive.</summary>
    public bool HasPersonalData;

    /// <summary>When its bytes were read, in milliseconds since 1970 UTC.</summary>
    public long ReceivedAt;

    /// <summary>When its bytes were read, in ticks of the monotonic clock.</summary>
    public long ReceivedTicks;

    /// <summary>The pool's grace period in which the slab was rented; negative if it is not rented.</summary>
    internal int Period = -1;

    /// <summary>Computes a slab's maximum size in bytes, for the memory budget.</summary>
    /// <param name="maxEvent">Maximum event length, in bytes.</param>
    public static long SizeFor(long maxEvent) =>
        (Capacity * (Unsafe.SizeOf<EventRecord>() + Unsafe.SizeOf<SourceRun>())) + Math.Max(TextCapacity, maxEvent) + 256;

    /// <summary>Returns whether one more event fits. An empty slab fits any event.</summary>
    /// <param name="textLength">The event's <see cref="EventRecord.TextLength"/>.</param>
    public bool HasRoom(int textLength) => Count == 0 || (Count < Capacity && Text.Length - TextLength >= textLength);

    /// <summary>Returns the event's own id.</summary>
    public ReadOnlySpan<byte> IdOf(in EventRecord record) => Text.AsSpan(record.TextOffset, record.IdLength);

    /// <summary>Returns the cart's id.</summary>
    public ReadOnlySpan<byte> CartOf(in EventRecord record) => Text.AsSpan(record.TextOffset + record.IdLength, record.CartLength);

    /// <summary>Returns the user's id; empty for an anonymous shopper.</summary>
    public ReadOnlySpan<byte> UserOf(in EventRecord record) =>
        Text.AsSpan(record.TextOffset + record.IdLength + record.CartLength, record.UserLength);

    /// <summary>Returns the session's id; empty for none.</summary>
    public ReadOnlySpan<byte> SessionOf(in EventRecord record) =>
        Text.AsSpan(record.TextOffset + record.IdLength + record.CartLength + record.UserLength, record.SessionLength);

    /// <summary>Returns the product's id; empty for none.</summary>
    public ReadOnlySpan<byte> ProductOf(in EventRecord record) =>
        Text.AsSpan(record.TextOffset + record.IdsLength - record.ProductLength, record.ProductLength);

    /// <summary>Returns the event's <c>meta</c> and unknown fields as a JSON object on one line; empty for none.</summary>
    public ReadOnlySpan<byte> MetaOf(in EventRecord record) => Text.AsSpan(record.TextOffset + record.IdsLength, record.MetaLength);

    /// <summary>Returns all of an event's texts.</summary>
    public ReadOnlySpan<byte> TextOf(in EventRecord record) => Text.AsSpan(record.TextOffset, record.TextLength);

    /// <summary>
    /// Returns the key under which an event's id counts once in its cart: for a browser's event with its session and secret, so that nobody makes
    /// another's event a duplicate by sending its id first.
    /// </summary>
    public Hash128 DedupIdOf(in EventRecord record) => PredatesStanding || record.Standing == Standing.Server
        ? record.Id : new Hash128(record.Id.Low ^ ~record.Session, record.Id.High ^ record.CartSecret);

    /// <summary>Appends an event that fits and returns the place for its texts.</summary>
    /// <param name="record">The event with its text lengths; the text offset is ignored.</param>
    /// <param name="text">The event's <see cref="EventRecord.TextLength"/> bytes, for the caller to fill.</param>
    /// <returns>The event in the slab.</returns>
    public ref EventRecord Append(in EventRecord record, out Span<byte> text)
    {
        var length = record.TextLength;
        if (Count == 0 && length > Text.Length)
        {
            Text = new byte[length];
        }

        text = Text.AsSpan(TextLength, length);
        ref var copy = ref Records[Count++];
        copy = record;
        copy.TextOffset = TextLength;
        TextLength += length;
        return ref copy;
    }

    /// <summary>Appends a copy of another slab's event as a customer copy, without its meta.</summary>
    public void AppendCopy(in EventRecord record, EventSlab from)
    {
        var copy = record;
        copy.MetaLength = 0;
        copy.Details &= ~EventDetails.HasLines;
        copy.CartSecret = OrderId.KeyOf(from.MetaOf(record));
        copy.Flags |= EventFlags.ChangesNoCart;
        Append(copy, out var text);
        from.Text.AsSpan(record.TextOffset, copy.TextLength).CopyTo(text);
    }

    /// <summary>
    /// Returns the event's meta in plaintext, also after <see cref="ReplaceMeta"/>; empty if it is encrypted and nobody added its plaintext.
    /// </summary>
    public ReadOnlySpan<byte> PlainMetaOf(in EventRecord record)
    {
        var meta = MetaOf(record);
        if (meta.IsEmpty || meta[0] == '{')
        {
            return meta;
        }

        // In the order of the events, and so of their texts.
        var at = _plain?.BinarySearch(new PlainMeta(record.TextOffset, 0, 0)) ?? -1;
        return at < 0 ? default : Text.AsSpan(_plain![at].MetaOffset, _plain[at].MetaLength);
    }

    /// <summary>Adds the plaintext of an encrypted meta. In the order of the events.</summary>
    /// <param name="record">The event in the slab.</param>
    /// <param name="meta">The plaintext.</param>
    public void AddPlainMeta(in EventRecord record, ReadOnlySpan<byte> meta)
    {
        Reserve(meta.Length);
        meta.CopyTo(Text.AsSpan(TextLength));
        (_plain ??= []).Add(new PlainMeta(record.TextOffset, TextLength, meta.Length));
        TextLength += meta.Length;
    }

    /// <summary>Gives an event's meta another place, of another length, for the caller to fill.</summary>
    /// <param name="record">The event in the slab.</param>
    /// <param name="length">The meta's new length.</param>
    public Span<byte> ReplaceMeta(ref EventRecord record, int length)
    {
        var ids = record.IdsLength;
        Reserve(ids + length);
        Text.AsSpan(record.TextOffset, ids).CopyTo(Text.AsSpan(TextLength));
        (_plain ??= []).Add(new PlainMeta(TextLength, record.TextOffset + ids, record.MetaLength));
        (record.TextOffset, record.MetaLength) = (TextLength, length);
        TextLength += ids + length;
        return Text.AsSpan(TextLength - length, length);
    }

    /// <summary>Makes room for texts beyond <see cref="TextCapacity"/>, until the slab is reset.</summary>
    internal void Reserve(int length)
    {
        if (Text.Length - TextLength < length)
        {
            // Once for a slab: what all its metas can grow by fits too.
            var text = new byte[2 * (TextLength + length)];
            Text.AsSpan(0, TextLength).CopyTo(text);
            Text = text;
        }
    }

    /// <summary>Ends a run: the events appended since the last one came from this source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="upTo">The number of events that it has taken, including these.</param>
    public void EndRun(IEventSource? source, long upTo)
    {
        // A source that is alone on its thread makes one run of all its turns.
        var isSame = _runCount > 0 && ReferenceEquals(_runs[_runCount - 1].Source, source);
        if (!isSame && _runCount++ == _runs.Length)
        {
            Array.Resize(ref _runs, 4 * _runs.Length);
        }

        _runs[_runCount - 1] = new SourceRun(source, Count, upTo);
    }

    /// <summary>Tells the sources how many of their events are marked as duplicates.</summary>
    internal void ReportDuplicates()
    {
        var begin = 0;
        foreach (ref readonly var run in Runs)
        {
            var count = 0;
            foreach (ref readonly var e in Records.AsSpan(begin, run.End - begin))
            {
                count += (e.Flags & EventFlags.Duplicate) != 0 && !e.IsCopy ? 1 : 0;
            }

            if (count > 0)
            {
                run.Source?.OnDuplicates(count);
            }

            begin = run.End;
        }
    }

    internal void Reset()
    {
        Count = 0;
        TextLength = 0;
        _runs.AsSpan(0, _runCount).Clear();
        _runCount = 0;
        Request = default;
        JournalVersion = 0;
        HasPersonalData = false;
        _plain?.Clear();
        if (Text.Length > TextCapacity)
        {
            Text = new byte[TextCapacity];
        }
    }

    // Where the plaintext of an event's meta is; the event is known by the offset of its texts.
    readonly record struct PlainMeta(int TextOffset, int MetaOffset, int MetaLength) : IComparable<PlainMeta>
    {
        public int CompareTo(PlainMeta other) => TextOffset.CompareTo(other.TextOffset);
    }
}
