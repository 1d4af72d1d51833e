using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Host.Api.Flags;

/// <summary>Provides no named segments, so rules that name one are rejected.</summary>
sealed class NoSegments : IFlagSegments
{
    /// <inheritdoc/>
    public IReadOnlyList<FlagCondition>? Find(string store, string name) => null;
}
