using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Records decisions from any worker.</summary>
sealed class RecordingConsumer : IDecisionConsumer
{
    readonly List<(Intervention Intervention, long ConnectionId)> _taken = [];

    public IReadOnlyList<(Intervention Intervention, long ConnectionId)> Taken
    {
        get
        {
            lock (_taken)
            {
                return [.. _taken];
            }
        }
    }

    public IEnumerable<Intervention> Interventions => Taken.Select(t => t.Intervention);

    /// <summary>The campaigns that intervened, in order.</summary>
    public IEnumerable<string> Campaigns => Interventions.Select(i => i.Campaign);

    /// <summary>Every decision with all its fields.</summary>
    public string[] Json => [.. Interventions.Select(i => JsonSerializer.Serialize(i, ContractsJson.Default.Intervention))];

    /// <summary>Records decisions.</summary>
    public void Take(List<Decision> decisions)
    {
        foreach (var decision in decisions)
        {
            Deliver(decision);
        }

        decisions.Clear();
    }

    public void Deliver(Decision decision)
    {
        lock (_taken)
        {
            _taken.Add((decision.Intervention, decision.ConnectionId));
        }
    }
}
