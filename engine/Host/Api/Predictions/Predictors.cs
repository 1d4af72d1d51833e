namespace CartRecovery.Host.Api.Predictions;

/// <summary>Provides the predictor of the model in force.</summary>
sealed class Predictors(IEngineState engine) : IDisposable
{
    readonly Lock _gate = new();
    Predictor? _current;

    // A request may still use it.
    Predictor? _former;

    /// <summary>The predictor. Get it once per request.</summary>
    public Predictor Current
    {
        get
        {
            lock (_gate)
            {
                while (_current?.Model != engine.Model)
                {
                    var model = engine.Model;
                    try
                    {
                        var next = new Predictor(model);
                        _former?.Dispose();
                        (_former, _current) = (_current, next);
                    }
                    catch (ObjectDisposedException) when (model != engine.Model)
                    {
                        // Reloads have replaced it twice meanwhile.
                    }
                }

                return _current!;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _current?.Dispose();
        _former?.Dispose();
    }
}
