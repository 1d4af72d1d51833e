namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>An argument of a command and the fields that are read of it.</summary>
abstract record Operand(IReadOnlyList<string> Fields);

/// <summary>A constant.</summary>
sealed record ConstantOperand(object? Value, IReadOnlyList<string> Fields) : Operand(Fields);

/// <summary>The current value, <c>.</c></summary>
sealed record DotOperand(IReadOnlyList<string> Fields) : Operand(Fields);

/// <summary>A variable with its dollar sign.</summary>
sealed record VariableOperand(string Name, IReadOnlyList<string> Fields) : Operand(Fields);

/// <summary>A function's name.</summary>
sealed record FunctionOperand(string Name, IReadOnlyList<string> Fields) : Operand(Fields);

/// <summary>A pipeline in parentheses.</summary>
sealed record PipelineOperand(Pipeline Pipeline, IReadOnlyList<string> Fields) : Operand(Fields);
