using CartRecovery.Engine.ControlPlane.Templates;

namespace CartRecovery.Host.Api;

/// <summary>Applies changed segments and templates to campaigns.</summary>
interface IDefinitionControl
{
    /// <summary>Explains why a template would not fit a campaign in force that names it; <see langword="null"/> if it fits all.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="name">The template.</param>
    /// <param name="definition">The new texts.</param>
    string? ProblemInUse(string store, string name, TemplateDefinition definition);

    /// <summary>
    /// Compiles the campaigns with the current segments and templates. Completes when partitions and journeys use them from their next event on, or when a failure
    /// was logged; a failure is retried.
    /// </summary>
    Task ApplyDefinitionsAsync();
}
