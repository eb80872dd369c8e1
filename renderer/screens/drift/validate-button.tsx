import { Button, type ButtonProps } from '@mantine/core';
import { IconChecks } from '@tabler/icons-react';
import type { JSX } from 'react';
import { useStart } from '../../api/queries.ts';
import { notifyProblem } from '../../components/notify.ts';
import { useValidation } from './use-validation.ts';

interface ValidateButtonProps extends Pick<ButtonProps, 'variant'> {
  readonly entityType: string;
}

/** Compares the entity type with its source anew; says so while that is under way. */
export function ValidateButton({ entityType, variant }: ValidateButtonProps): JSX.Element {
  const validate = useStart('validate');
  const isRunning = useValidation(entityType) !== null || validate.isPending;
  return (
    <Button
      {...(variant === undefined ? {} : { variant })}
      leftSection={<IconChecks size={16} aria-hidden />}
      loading={isRunning}
      aria-label={isRunning ? `${entityType} is being validated` : `Validate ${entityType}`}
      onClick={() =>
        validate.mutate(
          { entityTypes: [entityType] },
          { onError: (error) => notifyProblem('The validation could not be started', error) },
        )
      }
    >
      Validate
    </Button>
  );
}
