namespace CartRecovery.Engine.Backtest;

/// <summary>How events are written out.</summary>
public enum ExportFormat
{
    /// <summary>The native JSON, an event a line.</summary>
    Ndjson,

    /// <summary>RFC 4180, with a first line of names.</summary>
    Csv,
}

/// <summary>
/// Writes the events of all partitions' journals in the order in which they were received. Those of one partition keep their order. It
/// allocates nothing for an event.
/// </summary>
/// <param name="journals">The partitions' journals.</param>
/// <param name="range">Which events, by when they were received.</param>
/// <param name="store">The place of the only store that is wanted; null for all.</param>
public sealed class EventExport(IReadOnlyList<JournalView> journals, TimeRange range, int? store = null)
{
    const int EventsPerLook = 1024;

    readonly long _total = journals.Sum(j => j.End - j.Begin);
    long _events;
    long _position;

    /// <summary>Events written. Any thread.</summary>
    public long Events => Volatile.Read(ref _events);

    /// <summary>How much of the journals is read, 0–1. Any thread.</summary>
    public double Share => _total == 0 ? 1 : Math.Min(1, (double)Volatile.Read(ref _position) / _total);

    /// <summary>Writes them.</summary>
    /// <exception cref="Journal.JournalException">A journal cannot be read.</exception>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void WriteTo(Stream output, ExportFormat format, CancellationToken cancellationToken)
    {
        using IEventWriter writer = format == ExportFormat.Csv ? new CsvEventWriter(output) : new JsonEventWriter(output);
        var sources = new List<JournalEvents>();
        try
        {
            var next = new PriorityQueue<JournalEvents, (long, long, bool, int)>(journals.Count);
            foreach (var journal in journals)
            {
                var source = new JournalEvents(journal, range);
                sources.Add(source);
                Enqueue(next, source, sources.Count);
            }

            long count = 0, looked = 0;
            while (next.TryDequeue(out var source, out var place))
            {
                ref readonly var record = ref source.Current;
                if (store is null || record.Store == store)
                {
                    writer.Write(source.Slab, record, journals[0].Stores.IdOf(record.Store));
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

            writer.Flush();
            output.Flush();
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
