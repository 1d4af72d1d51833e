using CartRecovery.Engine.ControlPlane.Reconciliations;

namespace CartRecovery.Host.Reconciliation;

/// <summary>Counts lines that cannot be used, and keeps the first of them.</summary>
sealed class LineErrors
{
    /// <summary>Maximum number that is kept.</summary>
    public const int Max = 100;

    readonly List<ReconciliationError> _first = [];

    /// <summary>The number of lines.</summary>
    public int Count { get; private set; }

    /// <summary>The first lines.</summary>
    public IReadOnlyList<ReconciliationError> First => _first;

    /// <summary>Adds a line.</summary>
    /// <param name="line">The line, from 1.</param>
    /// <param name="problem">What is wrong with it.</param>
    public void Add(int line, string problem)
    {
        if (Count++ < Max)
        {
            _first.Add(new ReconciliationError(line, problem));
        }
    }
}
