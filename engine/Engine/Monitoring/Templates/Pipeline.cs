namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>Commands whose last argument is the one before's value, and the variables that it sets.</summary>
sealed record Pipeline(IReadOnlyList<string> Variables, bool Declares, IReadOnlyList<IReadOnlyList<Operand>> Commands);
