using System.IO.Compression;
using System.Text.Unicode;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Backtest;

/// <summary>
/// Replays a file of native events, one per line. An event's arrival time is its own time, so no time is clamped; the watermark is the
/// highest time so far in file order. Duplicates count once, as in the engine.
/// </summary>
/// <param name="path">The file; gzipped if its name ends in .gz.</param>
/// <param name="stores">The stores' ids, numbered from 0. An event without a store belongs to the first.</param>
/// <param name="maxEvent">Maximum event length, in bytes.</param>
/// <param name="dedupBytes">Memory for event ids, in bytes.</param>
/// <param name="dedupWindow">How long event ids are remembered.</param>
public sealed class EventFileStream(string path, IReadOnlyList<byte[]> stores, int maxEvent, long dedupBytes, TimeSpan dedupWindow) : IReplayStream
{
    // Allows any clock without overflow.
    const long AnyTime = long.MaxValue / 4;

    /// <inheritdoc/>
    public long Length { get; } = new FileInfo(path).Length;

    /// <inheritdoc/>
    public bool KnowsDecisions => false;

    /// <inheritdoc/>
    public bool IsWhole => true;

    /// <inheritdoc/>
    public void Play(ReplayLane lane, TimeRange range, CancellationToken cancellationToken)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        using Stream content = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        var lines = new LineReader(content, maxEvent);
        var slab = new EventSlab();
        var dedup = new DedupWindow(dedupBytes, dedupWindow);
        var decoders = stores.Select((id, i) => new JsonEventDecoder(new EventRules(id, (ushort)i, IsServer: true, maxEvent, AnyTime, AnyTime))).ToArray();
        var store = 0;
        var now = long.MinValue;
        var isScored = false;
        while (lines.TryNext(out var line))
        {
            if (line.IsEmpty)
            {
                continue;
            }

            var problem = line.Length > maxEvent
                ? new EventProblem(EventErrorCode.EventTooLarge, "the event exceeds limits.event") : Decode(decoders, ref store, line);
            if (problem.IsError)
            {
                lane.Rejected++;
                lane.FirstRejected ??= $"line {lines.Number}: {problem.Code}: {problem.Message}";
                continue;
            }

            ref readonly var record = ref decoders[store].Record;
            now = Math.Max(now, record.Timestamp);
            if (now >= range.To)
            {
                break;
            }

            if (!isScored && now >= range.From)
            {
                Submit(slab, dedup, lane, isScored);
                isScored = true;
                lane.Begin();
            }

            // All events of a slab are received at once.
            if (!slab.HasRoom(record.TextLength) || (slab.Count > 0 && slab.ReceivedAt != now))
            {
                Submit(slab, dedup, lane, isScored);
                lane.Position = file.Position;
                cancellationToken.ThrowIfCancellationRequested();
            }

            decoders[store].AppendTo(slab, line).Watermark = slab.ReceivedAt = now;
        }

        Submit(slab, dedup, lane, isScored);
        if (isScored)
        {
            lane.End();
        }

        lane.Position = Length;
    }

    static void Submit(EventSlab slab, DedupWindow dedup, ReplayLane lane, bool isScored)
    {
        dedup.MarkDuplicates(slab);
        lane.Take(slab, isScored);
        slab.Reset();
    }

    // Most files have a single store, so the previous event's store is tried first.
    static EventProblem Decode(JsonEventDecoder[] decoders, ref int store, ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
        {
            return new EventProblem(EventErrorCode.InvalidUtf8, "the line is not valid UTF-8");
        }

        var problem = decoders[store].Decode(line, receivedAt: 0);
        for (var other = 0; other < decoders.Length && problem.Error == EventErrorCode.ForeignStore; other++)
        {
            store = other;
            problem = decoders[store].Decode(line, receivedAt: 0);
        }

        return problem.Error switch
        {
            EventErrorCode.ForeignStore => new EventProblem(EventErrorCode.ForeignStore, "the event's store is not in the configuration"),
            EventErrorCode.InvalidJson => new EventProblem(EventErrorCode.InvalidJson, "the line must be one JSON object"),
            _ => problem,
        };
    }
}
