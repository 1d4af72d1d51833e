namespace CartRecovery.Engine.Exports;

/// <summary>A column of an export.</summary>
/// <param name="Name">Its name, in camelCase.</param>
/// <param name="Kind">What it has.</param>
public sealed record ExportColumn(string Name, ColumnKind Kind);
