namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>The traffic of the models that serve and of those that served before them, by version. Thread-safe.</summary>
public sealed class ModelTrafficTable
{
    /// <summary>Maximum number of versions; then the one that began to serve longest ago, and does not serve now, is forgotten.</summary>
    public const int Capacity = 64;

    readonly Lock _gate = new();
    readonly List<(string Id, ModelTraffic Traffic)> _versions = [];

    // Of models that were loaded and do not serve yet. A dry run loads models that never do.
    readonly List<(string Id, ModelTraffic Traffic)> _loaded = [];

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

    /// <summary>Returns the traffic of a version that may serve, which goes on where it was.</summary>
    public ModelTraffic Of(string id)
    {
        lock (_gate)
        {
            if ((Find(_versions, id) ?? Find(_loaded, id)) is { } known)
            {
                return known;
            }

            if (_loaded.Count == Capacity)
            {
                _loaded.RemoveAt(0);
            }

            var traffic = new ModelTraffic();
            _loaded.Add((id, traffic));
            return traffic;
        }
    }

    /// <summary>Lists the versions of a plan that comes into force.</summary>
    public void Serve(ServingPlan plan)
    {
        lock (_gate)
        {
            var serving = plan.Models.Select(model => model.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var model in plan.Models)
            {
                _loaded.RemoveAll(version => version.Id == model.Id);
                var traffic = Find(_versions, model.Id) ?? model.Traffic;
                _versions.RemoveAll(version => version.Id == model.Id);
                _versions.Add((model.Id, traffic));
            }

            while (_versions.Count > Capacity)
            {
                _versions.RemoveAt(_versions.FindIndex(version => !serving.Contains(version.Id)));
            }
        }
    }

    static ModelTraffic? Find(List<(string Id, ModelTraffic Traffic)> versions, string id) => versions.Find(version => version.Id == id).Traffic;
}
