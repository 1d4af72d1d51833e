namespace CartRecovery.Engine.Monitoring.Query.Evaluation;

/// <summary>Reduces labels to those that elements are grouped or matched by, once per label set.</summary>
/// <param name="keepsNamed">Whether to keep the named labels alone, or all but them and the metric's name.</param>
/// <param name="names">The labels' names.</param>
sealed class GroupKeys(bool keepsNamed, IReadOnlyList<string> names)
{
    readonly Dictionary<SeriesLabels, SeriesLabels> _keys = [];

    public SeriesLabels Of(SeriesLabels labels)
    {
        if (keepsNamed && names.Count == 0)
        {
            return SeriesLabels.Empty;
        }

        if (!_keys.TryGetValue(labels, out var key))
        {
            _keys[labels] = key = labels.Where(name => keepsNamed ? names.Contains(name) : name != SeriesLabels.Name && !names.Contains(name));
        }

        return key;
    }
}
