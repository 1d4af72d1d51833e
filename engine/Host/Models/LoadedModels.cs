using CartRecovery.Engine.Models;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Models;
using CartRecovery.Host.Api.Predictions;
using CartRecovery.Host.Api.Problems;

namespace CartRecovery.Host.Models;

/// <summary>Versions that are loaded for requests beside the champion, on request and at most eight. Thread-safe.</summary>
sealed class LoadedModels(IModelControl models, Predictors champion, TimeProvider time) : IDisposable
{
    /// <summary>Maximum number of versions: each takes up to some times the size of its file.</summary>
    public const int Capacity = 8;

    readonly Lock _gate = new();
    readonly Dictionary<string, (Predictor Predictor, DateTimeOffset At)> _loaded = new(StringComparer.Ordinal);

    /// <summary>Loads and checks a version. Idempotent.</summary>
    /// <returns>When it was loaded.</returns>
    /// <exception cref="ModelRegistryException">It cannot serve.</exception>
    /// <exception cref="Engine.Scoring.ModelException">It cannot be loaded.</exception>
    /// <exception cref="ProblemException">Too many are loaded.</exception>
    public DateTimeOffset Load(ModelVersion version)
    {
        if (KnownOrFull(version.Id) is { } loadedAt)
        {
            return loadedAt;
        }

        // Its scorers keep the model loaded. Loaded outside the lock: requests for other versions go on.
        using var model = models.ModelRegistry.Load(version);
        var predictor = new Predictor(model);
        lock (_gate)
        {
            try
            {
                if (KnownOrFull(version.Id) is { } meanwhile)
                {
                    predictor.Release();
                    return meanwhile;
                }
            }
            catch
            {
                predictor.Release();
                throw;
            }

            var at = time.GetUtcNow();
            _loaded.Add(version.Id, (predictor, at));
            return at;
        }
    }

    /// <summary>Unloads a version; requests that it serves end first.</summary>
    /// <returns>Whether it was loaded.</returns>
    public bool Unload(string id)
    {
        lock (_gate)
        {
            if (!_loaded.Remove(id, out var known))
            {
                return false;
            }

            known.Predictor.Release();
            return true;
        }
    }

    /// <summary>Returns when a version was loaded; <see langword="null"/> if it is not.</summary>
    public DateTimeOffset? LoadedAt(string id)
    {
        lock (_gate)
        {
            return _loaded.TryGetValue(id, out var known) ? known.At : null;
        }
    }

    /// <summary>Rents the predictor of a version that serves or is loaded.</summary>
    /// <returns><see langword="null"/> if it is neither.</returns>
    public PredictorLease? Rent(string id)
    {
        lock (_gate)
        {
            if (_loaded.TryGetValue(id, out var known))
            {
                return new PredictorLease(known.Predictor);
            }
        }

        var (version, lease) = RentServing();
        if (version?.Id == id)
        {
            return lease;
        }

        lease.Dispose();
        return null;
    }

    /// <summary>Rents the predictor of the model in force, and says which version that model is; <see langword="null"/> if it is not registered.</summary>
    public (ModelVersion? Version, PredictorLease Lease) RentServing()
    {
        var lease = champion.Rent();
        return (models.VersionOf(lease.Predictor.Model), lease);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (predictor, _) in _loaded.Values)
        {
            predictor.Release();
        }
    }

    // Throws if there is no room for another version.
    DateTimeOffset? KnownOrFull(string id)
    {
        lock (_gate)
        {
            if (_loaded.TryGetValue(id, out var known))
            {
                return known.At;
            }

            if (_loaded.Count >= Capacity)
            {
                throw new ProblemException(ModelProblems.TooManyLoaded);
            }

            return null;
        }
    }
}
