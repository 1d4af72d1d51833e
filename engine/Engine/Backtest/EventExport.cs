using CartRecovery.Engine.Encryption;

namespace CartRecovery.Engine.Backtest;

/// <summary>
/// Exports the events of all partitions' journals in order of arrival, preserving the order within each partition. Does not allocate per
/// event.
/// </summary>
/// <param name="journals">The partitions' journals.</param>
/// <param name="range">The range of arrival times.</param>
/// <param name="store">The number of the only store to export; null for all.</param>
/// <param name="keys">The keys that decrypt personal data; null to leave personal data out.</param>
public sealed class EventExport(IReadOnlyList<JournalView> journals, TimeRange range, int? store = null, KeyVault? keys = null)
{
    const int EventsPerLook = 1024;

    readonly long _total = journals.Sum(j => j.End - j.Begin);
    long _events;
    long _position;

    /// <summary>Number of events written. Thread-safe.</summary>
    public long Events => Volatile.Read(ref _events);

    /// <summary>Number of events whose personal data was left out because its key is missing. Valid after the export.</summary>
    public long Locked { get; private set; }

    /// <summary>Progress through the journals, 0–1. Thread-safe.</summary>
    public double Share => _total == 0 ? 1 : Math.Min(1, (double)Volatile.Read(ref _position) / _total);

    /// <summary>Runs the export as JSON lines or CSV.</summary>
    /// <inheritdoc cref="WriteTo(IEventWriter, CancellationToken)"/>
    public void WriteTo(Stream output, ExportFormat format, CancellationToken cancellationToken)
    {
        using IEventWriter writer = format switch
        {
            ExportFormat.Csv => new CsvEventWriter(output),
            ExportFormat.Ndjson => new JsonEventWriter(output),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Give its writer."),
        };
        WriteTo(writer, cancellationToken);
        output.Flush();
    }

    /// <summary>Runs the export.</summary>
    /// <exception cref="Journal.JournalException">A journal cannot be read.</exception>
    /// <exception cref="IOException">Writing failed.</exception>
    public void WriteTo(IEventWriter writer, CancellationToken cancellationToken)
    {
        var sources = new List<JournalEvents>();
        try
        {
            var next = new PriorityQueue<JournalEvents, (long, long, bool, int)>(journals.Count);
            foreach (var journal in journals)
            {
                var source = new JournalEvents(journal, range, keys);
                sources.Add(source);
                Enqueue(next, source, sources.Count);
            }

            long count = 0, looked = 0;
            while (next.TryDequeue(out var source, out var place))
            {
                ref readonly var record = ref source.Current;
                if (store is null || record.Store == store)
                {
                    writer.Write(source.Slab, record, journals[0].Stores.IdOf(record.Store), journals[0].Stores.IdsOf(record.Store));
                    count++;
                }

                if (++looked % EventsPerLook == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    Volatile.Write(ref _events, count);
                    Volatile.Write(ref _position, sources.Sum(s => s.Position));
                }

                Enqueue(next, source, place.Item4);
            }

            Locked = sources.Sum(source => source.Locked);
            writer.Flush();
            Volatile.Write(ref _events, count);
            Volatile.Write(ref _position, _total);
        }
        finally
        {
            sources.ForEach(s => s.Dispose());
        }
    }

    static void Enqueue(PriorityQueue<JournalEvents, (long, long, bool, int)> next, JournalEvents source, int number)
    {
        if (source.TryNext())
        {
            var (receivedAt, watermark, isBehind) = source.Place;
            next.Enqueue(source, (receivedAt, watermark, isBehind, number));
        }
    }
}
