using CartRecovery.Engine.ControlPlane.Definitions;

namespace CartRecovery.Host.Api.Definitions;

/// <summary>The JSON form of a version of a definition.</summary>
interface IDefinitionItem<T, TSelf>
    where TSelf : IDefinitionItem<T, TSelf>
{
    /// <summary>Describes a version.</summary>
    static abstract TSelf Of(VersionedDefinition<T> version);
}
