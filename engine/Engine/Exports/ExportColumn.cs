namespace CartRecovery.Engine.Exports;

/// <summary>A column of an export.</summary>
/// <param name="Name">The name, in camelCase.</param>
/// <param name="Kind">The type.</param>
public sealed record ExportColumn(string Name, ColumnKind Kind);
