using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.History;

/// <summary>Says which labels a series may have: Prometheus' names, at most 64 labels, values of at most 2,048 characters.</summary>
public static class SeriesRules
{
    const int MaxLabels = 64;
    const int MaxName = 256;
    const int MaxValue = 2048;

    /// <summary>Whether a series may have these labels.</summary>
    public static bool IsValid(SeriesLabels labels)
    {
        if (labels.Count > MaxLabels || !IsMetricName(labels.MetricName))
        {
            return false;
        }

        foreach (var (name, value) in labels)
        {
            if (!IsLabelName(name) || value.Length > MaxValue)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a text is a metric's name: letters, digits, <c>_</c> and <c>:</c>, no digit first.</summary>
    public static bool IsMetricName(string name) => IsName(name, allowsColon: true);

    /// <summary>Whether a text is a label's name: letters, digits and <c>_</c>, no digit first.</summary>
    public static bool IsLabelName(string name) => IsName(name, allowsColon: false);

    static bool IsName(string name, bool allowsColon)
    {
        if (name.Length is 0 or > MaxName || char.IsAsciiDigit(name[0]))
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_' && !(allowsColon && c == ':'))
            {
                return false;
            }
        }

        return true;
    }
}
