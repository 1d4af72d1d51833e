namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>The traffic of the models that serve and of those that served before them, by version. Thread-safe.</summary>
public sealed class ModelTrafficTable
{
    /// <summary>Maximum number of versions; then the one that was asked for longest ago is forgotten.</summary>
    public const int Capacity = 64;

    readonly Lock _gate = new();
    readonly List<(string Id, ModelTraffic Traffic)> _versions = [];

    /// <summary>The versions with what they have scored.</summary>
    public IReadOnlyList<(string Id, ModelTraffic Traffic)> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _versions];
            }
        }
    }

    /// <summary>Returns a version's traffic, which goes on where it was.</summary>
    public ModelTraffic Of(string id)
    {
        lock (_gate)
        {
            var index = _versions.FindIndex(version => version.Id == id);
            var version = index < 0 ? (id, new ModelTraffic()) : _versions[index];
            if (index >= 0)
            {
                _versions.RemoveAt(index);
            }
            else if (_versions.Count == Capacity)
            {
                _versions.RemoveAt(0);
            }

            _versions.Add(version);
            return version.Item2;
        }
    }
}
