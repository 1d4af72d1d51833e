using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Host.Api.Flags;

/// <summary>An engine without named segments: a rule that names one is refused.</summary>
sealed class NoSegments : IFlagSegments
{
    /// <inheritdoc/>
    public IReadOnlyList<FlagCondition>? Find(string store, string name) => null;
}
