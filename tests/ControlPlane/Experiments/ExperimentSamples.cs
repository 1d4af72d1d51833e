using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Experiments;

namespace CartRecovery.Tests.ControlPlane.Experiments;

/// <summary>Experiments for tests.</summary>
static class ExperimentSamples
{
    public static ExperimentDefinition AB(double a = 1, double b = 1) =>
        new("string", [new ExperimentVariant("a", JsonElement.Parse("\"A\""), a), new ExperimentVariant("b", JsonElement.Parse("\"B\""), b)], VisibleToClients: true);

    public static Experiment Of(params double[][] weights) => new("id-1", "demo", "x", AB(weights[0][0], weights[0][1]),
        [.. weights.Select((each, i) => new Allocation(i, each))], DateTimeOffset.UnixEpoch, "cli");
}
