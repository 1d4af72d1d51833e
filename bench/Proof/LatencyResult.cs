using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Proof;

/// <summary>The engine's medians at a moderate rate, over all rounds.</summary>
/// <param name="Rate">Events a second.</param>
/// <param name="Decided">Milliseconds from receipt to decision, from the engine's histogram.</param>
/// <param name="Ack">Milliseconds from due to acknowledged.</param>
/// <param name="Popup">Milliseconds from when an event was due to its intervention on the same socket.</param>
/// <param name="PopupSendDelay">Milliseconds from when an event was due to when the probe sent it.</param>
/// <param name="Popups">Events that should cause an intervention.</param>
/// <param name="PopupsMissing">Interventions that did not arrive.</param>
/// <param name="CpuPercent">The engine's CPU usage, in percent of all cores.</param>
/// <param name="Held">Whether the rate was held and nothing was lost.</param>
sealed record LatencyResult(
    int Rate, Quantiles Decided, Quantiles Ack, Quantiles Popup, Quantiles PopupSendDelay, int Popups, int PopupsMissing, double CpuPercent, bool Held);
