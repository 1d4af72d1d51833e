namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>A list that has fields as well, such as the alerts of a notice with those that fire.</summary>
sealed class TemplateList(IEnumerable<object?> items) : List<object?>(items)
{
    /// <summary>The fields.</summary>
    public Dictionary<string, object?> Fields { get; } = new(StringComparer.Ordinal);

    /// <summary>Makes the pairs of labels, in order, with their names and values.</summary>
    internal static TemplateList Pairs(Query.SeriesLabels labels) => new(labels.Select(label => (object?)new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["Name"] = label.Key,
        ["Value"] = label.Value,
    }))
    {
        Fields = { ["Names"] = Texts(labels.Select(label => label.Key)), ["Values"] = Texts(labels.Select(label => label.Value)) },
    };

    static TemplateList Texts(IEnumerable<string> texts) => new(texts);
}
