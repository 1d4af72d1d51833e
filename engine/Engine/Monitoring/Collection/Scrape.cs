using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>
/// Takes the texts of one target, one after the other, into a history. It parses the labels of a series once, marks series that are
/// missing from a text as stale, and adds <c>up</c> and the scrape's own metrics. Not thread-safe.
/// </summary>
/// <param name="history">Takes the samples.</param>
/// <param name="labels">Labels of all series of the target, such as job and instance. A target's own label of the same name becomes
/// <c>exported_…</c>.</param>
/// <param name="maxSamples">The most samples of a text.</param>
/// <param name="owner">Who produces the series.</param>
public sealed class Scrape(MetricHistory history, IReadOnlyList<KeyValuePair<string, string>> labels, int maxSamples, SeriesOwner owner = SeriesOwner.Other)
{
    readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal);
    readonly Dictionary<string, MetricMetadata> _metadata = new(StringComparer.Ordinal);
    int _scrapes;
    int _last;

    /// <summary>Takes a text.</summary>
    /// <param name="text">The target's answer.</param>
    /// <param name="time">The time of the scrape in milliseconds since the Unix epoch.</param>
    /// <param name="duration">How long it took, in seconds.</param>
    /// <returns>The number of samples.</returns>
    /// <exception cref="FormatException">The text is invalid. No sample of it was taken; the target counts as down.</exception>
    public int Take(ReadOnlySpan<char> text, long time, double duration)
    {
        var samples = new List<(Known Series, long Time, double Value)>();
        try
        {
            Parse(text, time, samples);
        }
        catch (FormatException)
        {
            Fail(time, duration);
            throw;
        }

        _scrapes++;
        foreach (var (series, at, value) in samples)
        {
            history.Append(series.Labels, at, value, owner);
            series.Scrape = _scrapes;
        }

        EndMissing(time);
        foreach (var metadata in _metadata.Values)
        {
            history.Describe(metadata);
        }

        _last = samples.Count;
        Report(time, duration, isUp: true);
        return samples.Count;
    }

    /// <summary>Notes that the target did not answer: it is down, and its series have ended.</summary>
    public void Fail(long time, double duration)
    {
        _scrapes++;
        _last = 0;
        EndMissing(time);
        Report(time, duration, isUp: false);
    }

    void Parse(ReadOnlySpan<char> text, long time, List<(Known Series, long Time, double Value)> samples)
    {
        var known = _known.GetAlternateLookup<ReadOnlySpan<char>>();
        var isOpenMetrics = text.TrimEnd().EndsWith("# EOF");
        foreach (var range in text.Split('\n'))
        {
            var line = text[range];
            if (!Exposition.TryReadSample(line, out var written, out var value, out var at))
            {
                Exposition.ReadComment(line, _metadata);
                continue;
            }

            if (samples.Count == maxSamples)
            {
                throw new FormatException($"more than {maxSamples} samples");
            }

            if (!known.TryGetValue(written, out var series))
            {
                series = known[written] = new Known(WithTarget(Exposition.ReadLabels(written)));
            }

            samples.Add((series, at is { } own ? (long)(isOpenMetrics ? own * 1000 : own) : time, value));
        }
    }

    SeriesLabels WithTarget(List<KeyValuePair<string, string>> own)
    {
        for (var i = 0; i < own.Count; i++)
        {
            if (labels.Any(label => label.Key == own[i].Key))
            {
                own[i] = new($"exported_{own[i].Key}", own[i].Value);
            }
        }

        return SeriesLabels.Of([.. own, .. labels]);
    }

    void EndMissing(long time)
    {
        foreach (var (written, series) in _known)
        {
            if (series.Scrape != _scrapes)
            {
                if (series.Scrape > 0)
                {
                    history.Append(series.Labels, time, StaleMarker.Value);
                }

                _known.Remove(written);
            }
        }
    }

    void Report(long time, double duration, bool isUp)
    {
        history.Append(Own("up"), time, isUp ? 1 : 0, owner);
        history.Append(Own("scrape_duration_seconds"), time, duration, owner);
        history.Append(Own("scrape_samples_scraped"), time, _last, owner);
    }

    SeriesLabels Own(string name) => SeriesLabels.Of([.. labels, new(SeriesLabels.Name, name)]);

    sealed class Known(SeriesLabels labels)
    {
        public SeriesLabels Labels => labels;

        public int Scrape { get; set; }
    }
}
