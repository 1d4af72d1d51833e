namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>A part of a template.</summary>
abstract record TemplateNode;

/// <summary>Text that is copied.</summary>
sealed record TextNode(string Text) : TemplateNode;

/// <summary>A pipeline whose value is written, unless it sets a variable.</summary>
sealed record ActionNode(Pipeline Pipeline) : TemplateNode;

/// <summary><c>if</c>, <c>with</c> or <c>range</c>.</summary>
sealed record BlockNode(string Keyword, Pipeline Pipeline, IReadOnlyList<TemplateNode> Body, IReadOnlyList<TemplateNode> Else) : TemplateNode;

/// <summary><c>template "name" pipeline</c></summary>
sealed record CallNode(string Name, Pipeline? Argument) : TemplateNode;

/// <summary>Commands whose last argument is the one before's value, and the variables that it sets.</summary>
sealed record Pipeline(IReadOnlyList<string> Variables, bool Declares, IReadOnlyList<IReadOnlyList<Operand>> Commands);

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
