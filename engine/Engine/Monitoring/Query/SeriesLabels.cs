using System.Collections;
using System.Text;

namespace CartRecovery.Engine.Monitoring.Query;

/// <summary>
/// The labels of a series: immutable, sorted by name (ordinal), each name once, no empty values. Equality is by content; the hash is
/// computed once.
/// </summary>
public sealed class SeriesLabels : IEquatable<SeriesLabels>, IComparable<SeriesLabels>, IReadOnlyList<KeyValuePair<string, string>>
{
    /// <summary>The label that holds the metric's name.</summary>
    public const string Name = "__name__";

    readonly KeyValuePair<string, string>[] _labels;
    readonly int _hash;
    SeriesLabels? _withoutName;

    // Sorted, without duplicates and empty values.
    SeriesLabels(KeyValuePair<string, string>[] sorted)
    {
        _labels = sorted;
        var hash = new HashCode();
        foreach (var (name, value) in sorted)
        {
            hash.Add(name, StringComparer.Ordinal);
            hash.Add(value, StringComparer.Ordinal);
        }

        _hash = hash.ToHashCode();
    }

    /// <summary>No labels.</summary>
    public static SeriesLabels Empty { get; } = new([]);

    /// <summary>The metric's name; empty if there is none.</summary>
    public string MetricName => this[Name];

    /// <inheritdoc/>
    public int Count => _labels.Length;

    /// <inheritdoc/>
    public KeyValuePair<string, string> this[int index] => _labels[index];

    /// <summary>The value of a label; empty if there is none.</summary>
    public string this[string name]
    {
        get
        {
            foreach (var label in _labels)
            {
                if (label.Key == name)
                {
                    return label.Value;
                }
            }

            return "";
        }
    }

    /// <summary>Creates labels. A later value replaces an earlier one of the same name; empty values are left out.</summary>
    public static SeriesLabels Of(IEnumerable<KeyValuePair<string, string>> labels)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in labels)
        {
            values[name] = value;
        }

        var sorted = values.Where(label => label.Value.Length > 0).ToArray();
        Array.Sort(sorted, (left, right) => string.CompareOrdinal(left.Key, right.Key));
        return sorted.Length == 0 ? Empty : new SeriesLabels(sorted);
    }

    /// <summary>Creates labels of a metric from alternating names and values.</summary>
    public static SeriesLabels Of(string metric, params ReadOnlySpan<string> namesAndValues)
    {
        var labels = new List<KeyValuePair<string, string>> { new(Name, metric) };
        for (var i = 0; i + 1 < namesAndValues.Length; i += 2)
        {
            labels.Add(new(namesAndValues[i], namesAndValues[i + 1]));
        }

        return Of(labels);
    }

    /// <summary>Sets a label; an empty value removes it.</summary>
    public SeriesLabels With(string name, string value) => this[name] == value ? this : Of([.. _labels, new(name, value)]);

    /// <summary>Removes the metric's name.</summary>
    public SeriesLabels WithoutName() => _withoutName ??= Where(label => label != Name);

    /// <summary>Keeps the labels whose name fulfils a condition.</summary>
    public SeriesLabels Where(Predicate<string> keep)
    {
        var kept = Array.FindAll(_labels, label => keep(label.Key));
        return kept.Length == _labels.Length ? this : kept.Length == 0 ? Empty : new SeriesLabels(kept);
    }

    /// <inheritdoc/>
    public bool Equals(SeriesLabels? other) =>
        ReferenceEquals(this, other) || (other is not null && _hash == other._hash && _labels.AsSpan().SequenceEqual(other._labels));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SeriesLabels);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>Orders by the first label that differs, names before values, both ordinal.</summary>
    public int CompareTo(SeriesLabels? other)
    {
        if (other is null)
        {
            return 1;
        }

        for (var i = 0; i < Math.Min(Count, other.Count); i++)
        {
            var order = string.CompareOrdinal(_labels[i].Key, other._labels[i].Key);
            order = order != 0 ? order : string.CompareOrdinal(_labels[i].Value, other._labels[i].Value);
            if (order != 0)
            {
                return order;
            }
        }

        return Count.CompareTo(other.Count);
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, string>>)_labels).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _labels.GetEnumerator();

    /// <summary>Formats as a selector: <c>name{label="value"}</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(MetricName);
        var separator = '{';
        foreach (var (name, value) in _labels)
        {
            if (name != Name)
            {
                text.Append(separator).Append(name).Append("=\"");
                text.Append(value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")).Append('"');
                separator = ',';
            }
        }

        return separator == ',' ? text.Append('}').ToString() : text.Length == 0 ? "{}" : text.ToString();
    }
}
